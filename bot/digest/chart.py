"""The trend as a picture: emergencies of each month, and the level at which it alarms.

The same digest gives the same bytes: no time of drawing and no version goes into the file.
"""

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from workflows.digest import Digest

INK, SOFT, BEFORE, NOW, LIMIT = "#1b1f24", "#57606a", "#9aa7b4", "#1f5fa8", "#a3201d"
INCHES, DOTS = (8.0, 3.2), 150
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
ROOM = 1.25  #: the highest bar leaves room for its figure


def chart(digest: Digest) -> bytes:
    """Draw the six months that end with the digest's; an empty trend is drawn as what it is."""
    names = [str(month) for month, _ in digest.trend]
    counts = [count or 0 for _, count in digest.trend]
    labels = ["–" if count is None else str(count) for _, count in digest.trend]
    figure = Figure(figsize=INCHES, dpi=DOTS, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colours = [BEFORE] * (len(counts) - 1) + [NOW]
    places = range(len(names))  # named afterwards: matplotlib would take months for dates, and say so
    bars = axes.bar(places, counts, color=colours, width=0.62)
    axes.set_xticks(places, names)
    axes.set_ylim(0, max([*counts, digest.limit or 0, 1]) * ROOM)
    if digest.limit is not None:
        axes.axhline(digest.limit, color=LIMIT, linewidth=1.2, linestyle=(0, (5, 3)))
        above = f"– –  alarm above {digest.limit:.1f}"
        axes.set_title(above, loc="right", color=LIMIT, fontsize=9)
    axes.bar_label(bars, labels, color=INK, fontsize=10, padding=3, bbox=BEHIND)
    axes.set_title(
        f"Emergency changes per {'month' if digest.period.months == 1 else 'quarter'}, to {digest.period.name}",
        loc="left",
        color=INK,
        fontsize=12,
    )
    axes.yaxis.set_visible(False)
    axes.tick_params(axis="x", length=0, labelcolor=SOFT, labelsize=10)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(SOFT)
    if not any(counts):
        axes.text(
            0.5,
            0.5,
            "None in these months" if digest.period.months == 1 else "None in these quarters",
            ha="center",
            color=SOFT,
            transform=axes.transAxes,
        )
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
