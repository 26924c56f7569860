"""A number with its standard error."""


class Estimate(float):
    """A float that carries its standard error, and prints as "7.31 ± 0.05".

    Args:
        value: the number.
        error: its standard error; None where it is not known.
    """

    def __new__(cls, value: float, error: float | None = None) -> "Estimate":
        self = super().__new__(cls, value)
        self.error = None if error is None else float(error)
        return self

    def __reduce__(self) -> tuple:
        return type(self), (float(self), self.error)

    def __str__(self) -> str:
        return f"{float(self):.4g}" if self.error is None else f"{float(self):.4g} ± {self.error:.2g}"

    __repr__ = __str__
