"""What the search finds of social workers and trainings."""

from __future__ import annotations

from django.db.models import Q

from changzhi_portal.search import Hit, SearchSource, Word, among
from communities.search import in_divisions, of_communities, place_of
from socialworkers.models import SocialWorker, SocialWorkerQuerySet, Training, TrainingQuerySet


class Workers(SearchSource):
    """Workers, by name, certificate number, ID number, phone, or the community where they work."""

    title = "社会工作者"
    position = 50
    requires = "may_see_registers"
    list_url_name = "socialworkers:list"
    compared_name = "name"

    def rows(self) -> SocialWorkerQuerySet:
        """Return the workers with their newest posting and its place."""
        return SocialWorker.objects.with_newest_posting()

    def itself(self, word: Word) -> Q:
        """Match name, pinyin, certificate number, and the digests of ID number and phones."""
        named = Q(name__contains=word.text) | word.is_read_as("readings") | word.has_code("certificate_number")
        if not word.digest:
            return named
        return named | Q(id_number_digest=word.digest) | Q(phone_digests__contains=word.digest)

    def related(self, word: Word) -> Q:
        """Match the community of the newest posting."""
        return of_communities(word, "newest__community")

    def place(self, word: Word) -> Q:
        """Match the town and the county of the newest posting."""
        return in_divisions(word, "newest__community__town", "newest__division")

    def key_of(self, word: Word) -> str:
        """Return the name as it is stored."""
        return word.text

    def hit(self, worker: SocialWorker) -> Hit:
        """Show where the worker is posted, and in which position; never ID number or phone."""
        newest = worker.newest  # type: ignore[attr-defined]  # annotated by with_newest_posting
        if newest is None:
            return Hit(worker.name, worker.get_absolute_url())
        community = newest.community
        place = f"{place_of(community.town)}{community.name}" if community else place_of(newest.division)
        left = "已离岗" if newest.ended_on else ""
        remark = "，".join(filter(None, (newest.position, left)))
        return Hit(worker.name, worker.get_absolute_url(), place=place, remark=remark)


def training_matches(word: Word) -> Q:
    """Return the condition that a training has this number, name or pinyin."""
    return Q(number__icontains=word.text) | Q(name__contains=word.text) | word.is_read_as("readings")


def of_hours(word: Word) -> Q:
    """Return the condition that hours are of a person or a training of this name; both are looked up first, among far fewer."""
    named = Q(name__contains=word.text) | word.is_read_as("readings")
    people = word.matched("workers by name", lambda: SocialWorker.objects.filter(named))
    trainings = word.matched("trainings", lambda: Training.objects.filter(training_matches(word)))
    return among(people, "worker") | among(trainings, "training")


class Trainings(SearchSource):
    """Trainings, by number or name; the hours of people are found by the person."""

    title = "培训"
    position = 55
    requires = "may_see_registers"
    list_url_name = "socialworkers:training_list"
    compared_name = "name"

    def rows(self) -> TrainingQuerySet:
        """Return the trainings with the division that held them."""
        return Training.objects.select_related("division__parent")

    def itself(self, word: Word) -> Q:
        """Match number, name and pinyin."""
        return training_matches(word)

    def place(self, word: Word) -> Q:
        """Match the division."""
        return in_divisions(word, "division")

    def key_of(self, word: Word) -> str:
        """Return the name as it is stored."""
        return word.text

    def hit(self, training: Training) -> Hit:
        """Show who held it, its kind and when it ended."""
        remark = f"{training.number}，{training.get_kind_display()}，{training.ends_on:%Y-%m-%d}"
        return Hit(training.name, training.get_absolute_url(), place=place_of(training.division), remark=remark)
