import changzhi_portal.personal
import changzhi_portal.records
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("communities", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SocialWorker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    models.CharField(
                        default=changzhi_portal.records.new_ref,
                        editable=False,
                        max_length=13,
                        unique=True,
                        verbose_name="记录编号",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="版本")),
                ("name", models.CharField(max_length=50, verbose_name="姓名")),
                ("sort_key", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="拼音排序")),
                ("id_number", changzhi_portal.personal.SealedField(kind="id_number", verbose_name="身份证号")),
                ("id_number_digest", models.CharField(editable=False, max_length=64, verbose_name="身份证号摘要")),
                (
                    "gender",
                    models.CharField(
                        blank=True, choices=[("male", "男"), ("female", "女")], max_length=6, verbose_name="性别"
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("none", "无"),
                            ("assistant", "助理社会工作师"),
                            ("social_worker", "社会工作师"),
                            ("senior", "高级社会工作师"),
                        ],
                        max_length=16,
                        verbose_name="职业水平",
                    ),
                ),
                ("certificate_number", models.CharField(blank=True, max_length=30, verbose_name="证书编号")),
                ("has_social_work_degree", models.BooleanField(blank=True, null=True, verbose_name="社会工作专业学历")),
                (
                    "phone",
                    changzhi_portal.personal.SealedField(blank=True, kind="phone", null=True, verbose_name="联系电话"),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="备注")),
            ],
            options={
                "verbose_name": "社会工作者",
                "verbose_name_plural": "社会工作者",
                "ordering": ("sort_key", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("id_number_digest",),
                        name="worker_id_number_once",
                        violation_error_message="已有使用此身份证号的社会工作者。",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.CharField(blank=True, max_length=50, verbose_name="岗位")),
                ("is_community_worker", models.BooleanField(verbose_name="社区工作者")),
                (
                    "recruited_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("open_recruitment", "公开招聘"),
                            ("election", "民主选举"),
                            ("competition", "竞争上岗"),
                            ("purchase", "购买服务"),
                            ("secondment", "挂职锻炼"),
                            ("graduate", "高校毕业生"),
                        ],
                        max_length=20,
                        verbose_name="配备方式",
                    ),
                ),
                ("started_on", models.DateField(verbose_name="到岗日期")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="离岗日期")),
                ("is_newest", models.BooleanField(default=True, editable=False, verbose_name="最近一次任职")),
                (
                    "community",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="communities.community",
                        verbose_name="社区",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="communities.division",
                        verbose_name="所属区划",
                    ),
                ),
                (
                    "worker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="postings",
                        to="socialworkers.socialworker",
                        verbose_name="社会工作者",
                    ),
                ),
            ],
            options={
                "verbose_name": "任职",
                "verbose_name_plural": "任职",
                "ordering": ("worker", "-started_on"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on__isnull", True)),
                        fields=("worker",),
                        name="posting_open_once",
                        violation_error_message="一名社会工作者同一时间只能有一个在岗任职。",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_newest", True)),
                        fields=("worker",),
                        name="posting_newest_once",
                        violation_error_message="一名社会工作者只能有一个最近任职。",
                    ),
                    models.UniqueConstraint(
                        fields=("worker", "started_on"),
                        name="posting_starts_once",
                        violation_error_message="这名社会工作者在这一天已有任职。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("community__isnull", False), ("division__isnull", True)),
                            models.Q(("community__isnull", True), ("division__isnull", False)),
                            _connector="OR",
                        ),
                        name="posting_in_one_place",
                        violation_error_message="任职应在一个社区，或一个街道（乡镇）、县的站点。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on__isnull", True), ("ended_on__gte", models.F("started_on")), _connector="OR"
                        ),
                        name="posting_ends_after_start",
                        violation_error_code="date_order",
                        violation_error_message="离岗日期早于到岗日期，请核对。",
                    ),
                ],
            },
        ),
    ]
