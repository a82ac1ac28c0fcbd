"""Addresses of communities, facilities and service points."""

from django.urls import path

from communities import views
from communities.contacts.views import Contacts, DeleteContact, EditContact, NewContact
from communities.monthly.views import EntryIndex, EntryPage
from communities.points.views import PointDetail, PointList

app_name = "communities"
urlpatterns = [
    path("contacts/", Contacts.as_view(), name="contacts"),
    path("contacts/new/", NewContact.as_view(), name="contact_new"),
    path("contacts/<slug:ref>/", EditContact.as_view(), name="contact_edit"),
    path("contacts/<slug:ref>/delete/", DeleteContact.as_view(), name="contact_delete"),
    path("communities/", views.CommunityList.as_view(), name="community_list"),
    path("monthly/", EntryIndex.as_view(), name="monthly"),
    path("monthly/<slug:ref>/", EntryPage.as_view(), name="monthly_entry"),
    path("communities/<slug:ref>/", views.CommunityDetail.as_view(), name="community_detail"),
    path("facilities/", views.FacilityList.as_view(), name="facility_list"),
    path("points/", PointList.as_view(), name="point_list"),
    path("points/<slug:ref>/", PointDetail.as_view(), name="point_detail"),
    path("facilities/<slug:ref>/", views.FacilityDetail.as_view(), name="facility_detail"),
]
