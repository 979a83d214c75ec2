"""Addresses of pages."""

from django.urls import path

from horizon.web import about, actions, cluster, config, form, history, home, life, making, pending, runs, session, stream

_CLUSTER = "clusters/<str:name>"
_FORM = f"{_CLUSTER}/form"
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
    path(f"{_CLUSTER}/stream", stream.Stream.as_view(), name="stream"),
    path(f"{_CLUSTER}/discard", pending.Discard.as_view(), name="discard"),
    path(f"{_CLUSTER}/about", about.About.as_view(), name="about"),
    path(f"{_CLUSTER}/copy", life.Copy.as_view(), name="copy"),
    path(f"{_CLUSTER}/delete", life.Delete.as_view(), name="delete"),
    path(f"{_CLUSTER}/restore", life.Restore.as_view(), name="restore"),
    path(f"{_CLUSTER}/purge", life.Purge.as_view(), name="purge"),
    path(f"{_CLUSTER}/history", history.History.as_view(), name="history"),
    path(f"{_CLUSTER}/history/<str:sha>", history.Commit.as_view(), name="commit"),
    path(f"{_CLUSTER}/history/<str:sha>/restore", history.RestoreConfig.as_view(), name="restore-config"),
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
    path("runs", runs.Runs.as_view(), name="runs"),
    path("runs/<int:key>", runs.OneRun.as_view(), name="run"),
    path("runs/<int:key>/cancel", runs.Cancel.as_view(), name="cancel"),
    path("runs/<int:key>/again", runs.Again.as_view(), name="again"),
]
