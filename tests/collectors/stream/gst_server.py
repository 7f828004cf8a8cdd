"""GStreamer's RTSP server, for /usr/bin/python3 (needs gir1.2-gst-rtsp-server-1.0 and x264).

    gst_server.py ADDRESS USER [drop|h265]

Prints its port. The password is read from standard input; the end of standard input ends the server.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - the versions must be chosen first

SOURCE = (
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=12/1,format=I420"
)
CODERS = {
    "h264": "x264enc tune=zerolatency key-int-max=12 bitrate=900 ! rtph264pay pt=96",
    "h265": "x265enc tune=zerolatency key-int-max=12 bitrate=900 ! video/x-h265 ! rtph265pay pt=96",
}
ROLE = "viewer"


def factory(coder: str, tail: str) -> GstRtspServer.RTSPMediaFactory:
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(f"( {SOURCE} ! {coder} mtu=400 {tail} )")
    made.set_shared(True)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(ROLE, "media.factory.access", True)
    permissions.add_permission_for_role(ROLE, "media.factory.construct", True)
    made.set_permissions(permissions)
    return made


def transport_stream() -> GstRtspServer.RTSPMediaFactory:
    """Return a stream whose description says nothing of what is in it."""
    return factory("x264enc tune=zerolatency key-int-max=12 ! mpegtsmux ! rtpmp2tpay pt=33", "name=pay0")


def digest(user: str, password: str) -> GstRtspServer.RTSPAuth:
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    auth.add_digest(user, password, token)
    return auth


def main() -> None:
    address, user = sys.argv[1:3]
    password = sys.stdin.readline().rstrip("\n")
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address(address)
    server.set_service("0")
    server.set_auth(digest(user, password))
    mounts = server.get_mount_points()
    mounts.add_factory("/h264", factory(CODERS["h264"], "name=pay0"))
    mounts.add_factory("/h265", factory(CODERS["h265"], "name=pay0"))
    mounts.add_factory("/mjpeg", factory("jpegenc ! rtpjpegpay pt=26", "name=pay0"))
    mounts.add_factory("/ts", transport_stream())
    mounts.add_factory("/lossy", factory(CODERS["h264"], "! identity name=pay0 drop-probability=0.05"))
    server.attach(None)
    loop = GLib.MainLoop()
    GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IOCondition.HUP, lambda *_: loop.quit())
    print(server.get_bound_port(), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
