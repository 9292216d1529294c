"""Unknown words of an output, taken from its source: each is the source word that was looked at most while it was
written (M.-T. Luong, H. Pham and C. D. Manning, EMNLP 2015, after Luong et al., ACL 2015).
"""

from __future__ import annotations

from collections.abc import Sequence

from weft.data.pairs import PairVocabulary, source_symbols
from weft.errors import ConfigError
from weft.search.hypothesis import Hypothesis
from weft.tasks.translate.model import Translator


def copied(best: Hypothesis, text: str, vocabulary: PairVocabulary, module: Translator) -> dict[int, str]:
    """What stands at the places of an output's unknown symbols; nothing where the recipe does not copy.

    Args:
        best: the output, with attention.
        text: its source.
        module: says whether words are copied, and how sources are read.
    """
    if not module.decoding.copy_unknown:
        return {}
    places = [place for place, number in enumerate(best.ids) if number == vocabulary.target.unknown_id]
    if not places:
        return {}
    assert best.attention is not None, "this output has no attention"
    words = source_symbols(text, vocabulary.source, module.data)
    looked = best.attention[:, : len(words)].argmax(dim=1).tolist()
    return {place: words[looked[place]] for place in places}


def check_copies(modules: Sequence[Translator]) -> None:
    """Check that what writes together can copy.

    Raises:
        ConfigError: the first copies unknown words, and another has no attention.
    """
    if modules[0].decoding.copy_unknown and not all(module.decoder.attends for module in modules):
        raise ConfigError(
            "decoding.copy_unknown needs the attention of all models that write together, one of them has none"
        )
