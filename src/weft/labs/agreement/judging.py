"""Who is asked about pairs: runs, each under the name of its column."""

from __future__ import annotations

from pathlib import Path

from weft import bundle
from weft.data.corpus import fingerprint
from weft.errors import ConfigError
from weft.labs._contract import Progress
from weft.labs.agreement.comparing import STRANGE, Verdict, check_words, compared, predicted, strange_words
from weft.labs.agreement.pairs import PairSet
from weft.labs.agreement.verbs import NUMBERS
from weft.model import Model, load


class RunJudge:
    """A run: a language model, or a classifier of ``singular`` and ``plural``.

    Args:
        name: what its column is called.
        run: the run folder.
    Raises:
        RunError: there is no such run.
    """

    def __init__(self, name: str, run: Path) -> None:
        bundle.check_run(run)
        self.name, self.run = name, run
        prints = dict(fingerprint([run / bundle.WEIGHTS, run / bundle.VOCABULARY]))
        self.digest = "-".join(digest[:16] for digest in prints.values())
        self._model: Model | None = None

    @property
    def model(self) -> Model:
        """Loaded when it is first needed: results that are there need none."""
        if self._model is None:
            self._model = load(self.run, device="cpu")
        return self._model

    @property
    def counts(self) -> bool:
        """Whether it is an n-gram model, the baseline."""
        return bundle.read_recipe(self.run).task == "ngram"

    @property
    def why_not(self) -> str:
        """Why it may have nothing to say of a pair."""
        if bundle.read_recipe(self.run).task == "classify":
            return "only tells the number of a verb from the words before it"
        return STRANGE

    def refusal(self, pairs: PairSet) -> str:
        """Why it has nothing to say of any pair of a set, with the words that it does not know."""
        why = self.why_not
        words = f" ({strange_words(self.model, pairs.pairs)})" if why == STRANGE else ""
        return f"0 of {len(pairs.pairs):,} pairs can be compared: {self.name} {why}{words}"

    def judge(self, pairs: PairSet, progress: Progress) -> Verdict:
        """What it says of the pairs.

        Raises:
            DataError: it does not know the words of these pairs.
            ConfigError: it is neither a language model nor a classifier of numbers.
        """
        if hasattr(self.model.task, "score"):
            check_words(self.model, self.name, pairs)
            return compared(self.model, pairs.pairs, lambda line: progress(f"{self.name}, {pairs.name}: {line}", None))
        if self.model.config.task != "classify" or set(self.model.classes) != set(NUMBERS):
            raise ConfigError(
                f"{self.run} is neither a language model nor a classifier of {' and '.join(NUMBERS)}",
                hint="give a run of `weft train` with a recipe of a language model, or of linzen2016",
            )
        return predicted(self.model, pairs.pairs)
