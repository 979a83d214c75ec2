"""Addresses of pages."""

from django.urls import path

from horizon.web import actions, cluster, home, runs, session

_CLUSTER = "clusters/<str:name>"

urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("sign-in", session.SignIn.as_view(), name="sign-in"),
    path("sign-out", session.SignOut.as_view(), name="sign-out"),
    path("links/<str:secret>", session.OneLink.as_view(), name="link"),
    path(_CLUSTER, cluster.OneCluster.as_view(), name="cluster"),
    path(f"{_CLUSTER}/overview", cluster.Overview.as_view(), name="overview"),
    path(f"{_CLUSTER}/favourite", home.Favourite.as_view(), name="favourite"),
    path(f"{_CLUSTER}/deploy", actions.Deploy.as_view(), name="deploy"),
    path(f"{_CLUSTER}/restart", actions.Restart.as_view(), name="restart"),
    path(f"{_CLUSTER}/rollback", actions.RollBack.as_view(), name="rollback"),
    path(f"{_CLUSTER}/free", actions.Free.as_view(), name="free"),
    path("runs", runs.Runs.as_view(), name="runs"),
    path("runs/<int:key>", runs.OneRun.as_view(), name="run"),
    path("runs/<int:key>/cancel", runs.Cancel.as_view(), name="cancel"),
    path("runs/<int:key>/again", runs.Again.as_view(), name="again"),
]
