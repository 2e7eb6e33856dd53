"""The orders of a shop: one tool whose database is down, and one that changes something, so that the user is asked."""

from chatbot import Context, Grounded, ToolFailed, tool

SYSTEM_PROMPT = """
You are the assistant of a shop. You tell customers where their orders are, and you cancel orders.
Never make up the number of an order: ask for it.
"""


@tool
def track_order(order_number: Grounded[str]) -> dict[str, str]:
    """Track an order: tell where it is.

    Args:
        order_number: The number of the order.
    """
    raise ToolFailed(
        f"The warehouse cannot be reached, so nobody knows where order {order_number} is. Try again later."
    )


@tool(effect="write")
def cancel_order(order_number: Grounded[str], context: Context) -> dict[str, str]:
    """Cancel an order.

    Args:
        order_number: The number of the order.
    """
    cancelled = context.state.setdefault("cancelled", [])
    if order_number in cancelled:
        raise ToolFailed(f"Order {order_number} has been cancelled already.")
    cancelled.append(order_number)
    return {"order": order_number, "state": "cancelled", "customer": context.fields.get("customer", "unknown")}
