"""Every model that is served over the OpenAI Chat Completions API: OpenAI, Ollama, vLLM, llama.cpp, Groq, Gemini ..."""

from chatbot.models.chat_completions.client import ChatCompletions

__all__ = ["ChatCompletions"]
