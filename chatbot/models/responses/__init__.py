"""Every model that is served over the OpenAI Responses API: OpenAI, Azure, llama.cpp, vLLM, Ollama, OpenRouter ..."""

from chatbot.models.responses.background import BackgroundResponses
from chatbot.models.responses.client import Responses

__all__ = ["BackgroundResponses", "Responses"]
