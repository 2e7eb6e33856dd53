"""Users who answer what they are asked, one answer after the other."""

from chatbot.asking import Approval

YES = Approval(True)
ALWAYS = Approval(True, always=True)
NO = Approval(False)


class Answers:
    """`asked` holds what was shown. Who has no answer left says no; an answer may be a function of the interrupt."""

    def __init__(self, *approvals, **secrets):
        self.asked = []
        self._approvals = list(approvals)
        self._secrets = secrets

    def approve(self, call, reason, interrupt):
        self.asked.append(f"{call.name} {call.arguments}: {reason}")
        answer = self._approvals.pop(0) if self._approvals else NO
        return answer if isinstance(answer, Approval) else answer(interrupt)

    def secret(self, call, argument, interrupt):
        self.asked.append(f"{call.name} {call.arguments}: {argument}?")
        return self._secrets.get(argument)
