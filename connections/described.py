"""How the description of the API says what other systems are told (docs/api.md §7)."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiWebhook

from connections.event_kinds import KINDS, TEST

_HEADERS: Final = {
    "webhook-id": "这一条推送的编号，重发时不变",
    "webhook-timestamp": "发送的时间，1970年以来的秒数",
    "webhook-signature": "签名：v1,加上base64的HMAC-SHA256，更换密钥的24小时里有两个，用空格隔开",
}
_TYPES: Final = {**{kind.name: f"{kind.title}：{kind.explanation}" for kind in KINDS}, TEST: "测试"}
_BODY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {
            "type": "string",
            "enum": list(_TYPES),
            "description": "\n".join(f"* `{name}` - {said}" for name, said in _TYPES.items()),
        },
        "timestamp": {"type": "string", "format": "date-time", "description": "什么时候发生的"},
        "data": {
            "type": "object",
            "description": "编号、代码、月份和条数，没有个人信息；以后可能增加",
            "properties": {"api": {"type": "string", "description": "接口里说得更详细的地址"}},
            "additionalProperties": True,
        },
    },
    "examples": [
        {
            "type": "submission.submitted",
            "timestamp": "2018-07-03T09:00:00.000+00:00",
            "data": {
                "period": "2018-06",
                "division": "140402",
                "api": "/api/v1/submissions/?period=2018-06&county=140402",
            },
        }
    ],
}
EVENT: Final = OpenApiWebhook(
    name="event",
    decorator={
        "post": {
            "operationId": "event",
            "summary": "推送：有事马上告诉对接系统",
            "description": "发到登记的接收地址，按Standard Webhooks签名；没有送达的再发，一条可能到两次。",
            "parameters": [
                {"in": "header", "name": name, "required": True, "schema": {"type": "string"}, "description": said}
                for name, said in _HEADERS.items()
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}},
            "responses": {"2XX": {"description": "收到了；答复的内容不看"}},
        }
    },
)
