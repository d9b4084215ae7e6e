from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from vigie.toolkit.entry import signed_in


@signed_in()
def stub(request: HttpRequest, token: str = "") -> HttpResponse:
    return HttpResponse("")


urlpatterns = [
    path("portal/", include("vigie.portal.urls")),
    path("account/", include("allauth.urls")),
    *(path(f"stub/{name}/", stub, name=name) for name in ("me", "notices", "set_theme", "set_language", "switch_client", "home")),
    path("files/<str:token>", stub, name="file"),
]
