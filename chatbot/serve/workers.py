"""The processes that answer, watched by the one that started them."""

from uvicorn.supervisors import Multiprocess


class Workers(Multiprocess):
    """Learns at once that a worker has died.

    The supervisor asks its workers over pipes, and keeps their ends open itself: of one that is killed while it is
    asked, it would hear nothing for as long as it is patient, and meanwhile not obey a SIGTERM either.
    """

    def init_processes(self) -> None:
        """Start the workers."""
        super().init_processes()
        self._let_go()

    def keep_subprocess_alive(self) -> None:
        """Replace workers that have died."""
        super().keep_subprocess_alive()
        self._let_go()

    def _let_go(self) -> None:
        for process in self.processes:
            process.child_conn.close()
