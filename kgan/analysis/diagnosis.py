"""Where a game stands, in plain words, from a few measurements of its vector field."""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from kgan.game import Game, Logs, Round, combine, dot, norm

# What the words mean. tests/analysis/test_diagnosis.py holds them against games whose answer is known.
SATURATED = 0.99  # a discriminator that is right about this share of the reals, and of the fakes
STARVED = 0.01  # a generator whose gradient has fallen to this share of its largest so far ...
SURE = 0.9  # ... while the discriminator is right about this share of both
CONVERGING = 0.5  # a field that has shrunk to this share of its largest in the last WINDOW measurements
ROTATING = 0.5  # a field whose change along itself is antisymmetric by at least this share
WINDOW = 10
DIAGNOSES = ("generator starved", "discriminator saturated", "converging", "rotating", "undecided")


def measure(game: Game, round: Round) -> Logs:
    """Measures the vector field v at the current point; moves nothing.

    Returns:
        "field_norm": |v|; "NAME_norm": |v| of each player alone, "ROLE_norm" of all those of a role; "rotation": with J
        the field's Jacobian, S and A its symmetric and antisymmetric parts, the share |A v|^2 / (|A v|^2 + |S v|^2) in
        [0, 1] of the change along v that turns the field instead of stretching it: 1 in a bilinear game, 0 where
        players do not interact.
    """
    with game.at({}):
        near = game.linearize(round)
        v = near.field
        forward, backward = near.jvp(v), near.vjp(v)
        turning = combine(lambda a, b: 0.5 * (a - b), forward, backward)
        stretching = combine(lambda a, b: 0.5 * (a + b), forward, backward)
        turned, stretched = dot(turning, turning), dot(stretching, stretching)
        logs = {"field_norm": tf.sqrt(dot(v, v)), "rotation": tf.math.divide_no_nan(turned, turned + stretched)}
        teams = {player.role: [] for player in game.players if player.role}
        for player in game.players:
            teams.get(player.role, []).extend(v[player.name])
        return logs | {f"{name}_norm": norm(part) for name, part in (v | teams).items()}


def diagnose(history: Sequence[Mapping[str, float]], generator: str = "g") -> str:
    """One of five diagnoses for the newest of a run's measurements.

    In this order, the first that holds:

    - "generator starved": the generator's gradient is at most `STARVED` of its largest so far, and the discriminator
      is right about `SURE` of the reals and of the fakes. The generator learns nothing more.
    - "discriminator saturated": it is right about `SATURATED` of the reals and of the fakes.
    - "converging": |v| is at most `CONVERGING` of its largest in the last `WINDOW` measurements, and falling.
    - "rotating": `rotation` is at least `ROTATING`.
    - "undecided": none of these.

    Args:
        history: what `measure` gave, oldest first; "d_accuracy_real" and "d_accuracy_fake", shares in [0, 1], may be
            missing, in a game without a discriminator: then neither of the first two is said.
        generator: the name among the players, or the role, of who generates.
    """
    now, recent = history[-1], history[-WINDOW:]
    sure = min(now.get("d_accuracy_real", 0.0), now.get("d_accuracy_fake", 0.0))
    starving = now.get(f"{generator}_norm", 0.0) <= STARVED * max(m.get(f"{generator}_norm", 0.0) for m in history)
    if sure >= SURE and starving and len(history) > 1:
        return "generator starved"
    if sure >= SATURATED:
        return "discriminator saturated"
    falling = len(recent) > 1 and now["field_norm"] <= recent[-2]["field_norm"]
    if falling and now["field_norm"] <= CONVERGING * max(m["field_norm"] for m in recent):
        return "converging"
    return "rotating" if now["rotation"] >= ROTATING else "undecided"
