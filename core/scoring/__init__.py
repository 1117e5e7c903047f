"""Scoring: points for who a lead is and what they did, as the section `scoring` of a rules file says.

    model       what the section says, compiled          compiling   reading it, with every problem at its place
    counting    which touches count, and what is left    evaluating  the score at a point in time
    explaining  why it is what it is                     changes     when time alone will change it
    stages      lifecycle stages by score                reach       which thresholds a lead can reach at all
    circles     what a score may not ask                 due         when to decide a lead again

Scores are worked out first, then the outcome, then the lifecycle stage: each may ask for what comes before it.
"""

from core.scoring.changes import next_change
from core.scoring.compiling import compile_scoring
from core.scoring.due import decide_again_at
from core.scoring.evaluating import Gave, Score, evaluate
from core.scoring.explaining import ExplainedScore, explain
from core.scoring.model import GROUP_NAMES, Scoring
from core.scoring.stages import Move, StageNow, stage_now

__all__ = [
    "GROUP_NAMES", "ExplainedScore", "Gave", "Move", "Score", "Scoring", "StageNow", "compile_scoring", "decide_again_at",
    "evaluate", "explain", "next_change", "stage_now",
]  # fmt: skip
