"""Addresses of pages."""

from django.urls import path

from horizon.web import actions, catalogue, cluster, config, form, home, importing, making, runs, session, trying, upgrade

_CLUSTER = "clusters/<str:name>"
_FORM = f"{_CLUSTER}/form"
_RELEASE = "templates/<str:name>/<str:version>"
_NEW_APPLICATION, _NEW_CLUSTER = "new/application", "new/cluster/<str:application>"

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
    path(_FORM, form.Form.as_view(), name="form"),
    path(f"{_FORM}/preview", form.Preview.as_view(), name="form-preview"),
    path(f"{_FORM}/save", form.Save.as_view(), name="form-save"),
    path(f"{_FORM}/merge", form.Merge.as_view(), name="form-merge"),
    path(_NEW_APPLICATION, making.NewApplication.as_view(), name="new-application"),
    path(f"{_NEW_APPLICATION}/start", making.StartApplication.as_view(), name="new-application-start"),
    path(f"{_NEW_APPLICATION}/preview", making.PreviewApplication.as_view(), name="new-application-preview"),
    path(f"{_NEW_APPLICATION}/save", making.SaveApplication.as_view(), name="new-application-save"),
    path(_NEW_CLUSTER, making.NewCluster.as_view(), name="new-cluster"),
    path(f"{_NEW_CLUSTER}/start", making.StartCluster.as_view(), name="new-cluster-start"),
    path(f"{_NEW_CLUSTER}/preview", making.PreviewCluster.as_view(), name="new-cluster-preview"),
    path(f"{_NEW_CLUSTER}/save", making.SaveCluster.as_view(), name="new-cluster-save"),
    path(f"{_CLUSTER}/config", config.Config.as_view(), name="config"),
    path(f"{_CLUSTER}/config/preview", config.Preview.as_view(), name="preview"),
    path(f"{_CLUSTER}/upgrade", upgrade.Upgrade.as_view(), name="upgrade"),
    path("templates", catalogue.Templates.as_view(), name="templates"),
    path("templates/<str:name>", catalogue.OneTemplate.as_view(), name="template"),
    path(_RELEASE, catalogue.OneRelease.as_view(), name="release"),
    path(f"{_RELEASE}/state", catalogue.State.as_view(), name="release-state"),
    path(f"{_RELEASE}/start", trying.Start.as_view(), name="try-start"),
    path(f"{_RELEASE}/preview", trying.Preview.as_view(), name="try-preview"),
    path("new/template", importing.NewTemplate.as_view(), name="new-template"),
    path("new/template/upload", importing.Upload.as_view(), name="upload-template"),
    path("new/template/fetch", importing.Fetch.as_view(), name="fetch-template"),
    path("runs", runs.Runs.as_view(), name="runs"),
    path("runs/<int:key>", runs.OneRun.as_view(), name="run"),
    path("runs/<int:key>/cancel", runs.Cancel.as_view(), name="cancel"),
    path("runs/<int:key>/again", runs.Again.as_view(), name="again"),
]
