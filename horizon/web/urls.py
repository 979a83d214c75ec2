"""Addresses of pages."""

from django.urls import path

from horizon.web import actions, activity, ci, cluster, config, form, home, making, me, people, robots, runs, session

_CLUSTER = "clusters/<str:name>"
_PERSON, _ROBOT = "people/<str:name>", "robots/<str:name>"
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
    path(f"{_CLUSTER}/ci", ci.ClusterCi.as_view(), name="cluster-ci"),
    path(f"{_CLUSTER}/ci/token", ci.ClusterToken.as_view(), name="cluster-token"),
    path("applications/<str:name>/ci", ci.ApplicationCi.as_view(), name="application-ci"),
    path("applications/<str:name>/ci/token", ci.ApplicationToken.as_view(), name="application-token"),
    path("activity", activity.Activity.as_view(), name="activity"),
    path("me", me.Me.as_view(), name="me"),
    path("me/theme", me.Theme.as_view(), name="my-theme"),
    path("me/password", me.MyPassword.as_view(), name="my-password"),
    path("me/tokens/new", me.MyNewToken.as_view(), name="my-new-token"),
    path("me/tokens/<int:key>/revoke", me.RevokeMine.as_view(), name="revoke-mine"),
    path("people", people.People.as_view(), name="people"),
    path("people/new", people.Invite.as_view(), name="invite"),
    path(f"{_PERSON}/change", people.Change.as_view(), name="change-person"),
    path(f"{_PERSON}/disable", people.Disable.as_view(), name="disable"),
    path(f"{_PERSON}/enable", people.Enable.as_view(), name="enable"),
    path(f"{_PERSON}/reset", people.Reset.as_view(), name="reset"),
    path("robots", robots.Robots.as_view(), name="robots"),
    path("new/robot", robots.MakeRobot.as_view(), name="new-robot"),
    path(_ROBOT, robots.OneRobot.as_view(), name="robot"),
    path(f"{_ROBOT}/delete", robots.DeleteRobot.as_view(), name="delete-robot"),
    path(f"{_ROBOT}/tokens/new", robots.NewRobotToken.as_view(), name="new-robot-token"),
    path(f"{_ROBOT}/tokens/<int:key>/revoke", robots.RevokeRobotToken.as_view(), name="revoke-robot-token"),
    path("runs", runs.Runs.as_view(), name="runs"),
    path("runs/<int:key>", runs.OneRun.as_view(), name="run"),
    path("runs/<int:key>/cancel", runs.Cancel.as_view(), name="cancel"),
    path("runs/<int:key>/again", runs.Again.as_view(), name="again"),
]
