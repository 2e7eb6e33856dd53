"""The mock server llm-mock-api; its address on stdout, and the end with that of stdin."""

import asyncio
import sys

from llm_mock_api import MockServer, MockServerOptions
from llm_mock_api.types.reply import ReplyObject, ToolCall, Usage


def answer(request):
    """Call the tool that is offered; a word that comes back, the user's or the tool's, is said again."""
    last = request.messages[-1]
    if request.tools and last.role == "user":
        return ReplyObject(tools=[ToolCall(name=request.tools[0].name, args={"city": "Rome"})])
    return ReplyObject(text=f"{last.content}, you say? I have heard it.", usage=Usage(7 * len(request.messages), 9))


async def serve():
    server = MockServer(MockServerOptions(default_latency=2))
    server.when(lambda request: True).reply(answer)
    await server.start()
    print(server.url, flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(serve())
