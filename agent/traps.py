"""Traps make the agent look at once; what it sees then is what counts."""

from collections.abc import Callable, Iterable

from agent.again import SETTLE_SECONDS, AskAgain
from agent.config import TrapsConfig
from agent.run import Clocks
from collectors.snmp.traps import Trap, TrapReceiver
from models.facts import Device


class Traps:
    """Asks a device when it calls: at once and again a little later, however often it calls meanwhile.

    Args:
        config: where to listen, and whom to trust.
        ask_now: brings all that is asked of a device forward.
        clocks: the agent's clocks.
        settle_seconds: until it is asked again.
    """

    def __init__(
        self,
        config: TrapsConfig,
        ask_now: Callable[[str], None],
        clocks: Clocks,
        *,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self._where = f"{config.listen}, UDP port {config.port}"
        self._again = AskAgain(ask_now, settle_seconds)
        self._receiver = TrapReceiver(
            config.listen, config.port, on_trap=self.take, trusted=config.trusted, clock=clocks.monotonic
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many notifications came, by what became of them."""
        return self._receiver.counts

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._receiver.port

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the address or port cannot be had; the message says what to do.
        """
        try:
            await self._receiver.start()
        except OSError as err:
            raise OSError(
                f"SNMP traps cannot be had at {self._where}: {err.strerror or err}; "
                "end what uses it, choose another traps.port, or give CAP_NET_BIND_SERVICE for one below 1024"
            ) from err

    async def stop(self) -> None:
        """Listen no more."""
        await self._receiver.stop()
        self._again.stop()

    def set_devices(self, devices: Iterable[Device]) -> None:
        """Take a new inventory."""
        self._receiver.set_devices(devices)

    def take(self, trap: Trap) -> None:
        """Ask the device that sent it."""
        self._again.call(trap.device, f"sent the trap {trap.meaning.name if trap.meaning else trap.oid}")
