"""What a metric is about, in the words that a technician uses."""

from typing import Final

from models.words import Words

QUANTITIES: Final[dict[str, Words]] = {
    "cctv_picture_luma_ratio": Words("brightness at night", "夜间画面亮度"),
    "cctv_picture_contrast_ratio": Words("contrast at night", "夜间画面对比度"),
    "cctv_picture_sharpness": Words("sharpness by day", "日间画面清晰度"),
    "cctv_picture_texture_ratio": Words("fine detail by day", "日间画面细节"),
    "cctv_picture_change_luma": Words("noise of the picture at night", "夜间画面噪点"),
    "cctv_stream_lost_packets_ratio": Words("share of lost packets", "丢包率"),
    "cctv_port_error_ratio": Words("share of bad frames at the port", "端口错误帧率"),
    "cctv_poe_power_watts": Words("power drawn", "PoE用电功率"),
    "cctv_device_reboots_total": Words("reboots a day", "每日重启次数"),
    "cctv_ups_runtime_seconds": Words("runtime times load", "续航时间与负载之积"),
    "cctv_temperature_celsius": Words("temperature", "温度"),
    "cctv_fan_speed_rpm": Words("fan speed", "风扇转速"),
    "cctv_memory_used_ratio": Words("used memory", "内存占用"),
    "cctv_clock_offset_seconds": Words("clock error", "时钟偏差"),
    "cctv_disk_bad_sectors": Words("bad sectors", "坏扇区数"),
    "cctv_disk_pending_sectors": Words("pending sectors", "待映射扇区数"),
    "cctv_disk_life_left_ratio": Words("life left", "剩余寿命"),
    "cctv_recording_retention_seconds": Words("time that recordings reach back", "录像存储时长"),
    "cctv_ptz_travel_seconds": Words("time to the preset", "到达预置位时间"),
    "cctv_ptz_offset_ratio": Words("distance from the preset", "预置位偏差"),
}
