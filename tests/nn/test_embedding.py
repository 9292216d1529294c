"""Symbols to vectors, learned and one-hot."""

import pytest
import torch
from torch.nn import functional

from weft import config
from weft.errors import ShapeError
from weft.nn import Embedding
from weft.types import LookUp

IDS = torch.tensor([[0, 3], [6, 3]])


def test_learned_rows_and_their_gradient():
    embedding = Embedding(config.Embedding(size=4), 7)
    vectors = embedding(IDS)
    assert (embedding.width, list(vectors.shape)) == (4, [2, 2, 4])
    assert torch.equal(vectors[0, 1], embedding.weight[3])
    vectors.sum().backward()
    assert embedding.weight.grad.sum(dim=1).tolist() == [4, 0, 0, 8, 0, 0, 4]


def test_one_hot_rows_have_no_parameters_and_follow_the_type():
    embedding = Embedding(config.Embedding(kind="one-hot", size=4), 7)
    assert embedding.width == 7
    assert torch.equal(embedding(IDS), functional.one_hot(IDS, 7).float())
    assert not list(embedding.parameters())
    assert not embedding.state_dict()
    assert embedding.double()(IDS).dtype == torch.float64
    assert str(embedding) == "Embedding(7, 7, one-hot)"


@pytest.mark.parametrize("kind", ["learned", "one-hot"])
def test_dropout_only_while_training(kind):
    embedding = Embedding(config.Embedding(kind=kind, size=64, dropout=0.5), 64)
    ids = torch.arange(64).repeat(20)
    whole = embedding.eval()(ids)
    kept = embedding.train()(ids)
    assert torch.equal(whole, embedding.eval()(ids))
    assert torch.equal(kept[kept != 0], 2 * whole[kept != 0])
    assert (kept != 0).sum() / (whole != 0).sum() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("kind", ["learned", "one-hot"])
def test_locked_dropout_draws_a_mask_a_row(kind):
    embedding = Embedding(config.Embedding(kind=kind, size=64, dropout=0.5, locked=True), 64)
    ids = torch.full((20, 6), 3)
    vectors, whole = embedding(ids), embedding.eval()(ids)
    assert torch.equal(vectors, vectors[:, :1].expand_as(vectors))
    assert (vectors[0] != vectors[1]).any() or kind == "one-hot"
    assert torch.equal(vectors[vectors != 0], 2 * whole[vectors != 0])
    assert (vectors != 0).sum() / (whole != 0).sum() == pytest.approx(0.5, abs=0.3)


@pytest.mark.parametrize("kind", ["learned", "one-hot"])
def test_word_dropout_takes_a_symbol_out_wherever_it_stands(kind):
    embedding = Embedding(config.Embedding(kind=kind, size=8, word_dropout=0.25), 400)
    ids = torch.arange(400).repeat(2, 1)
    assert isinstance(embedding.look_up(ids), torch.Tensor)
    vectors, whole = embedding(ids), embedding.eval()(ids)
    gone = (vectors == 0).all(dim=-1)
    assert torch.equal(gone[0], gone[1])
    assert gone.double().mean() == pytest.approx(0.25, abs=0.1)
    assert torch.allclose(vectors[~gone], whole[~gone] / 0.75)
    assert not torch.equal((embedding.train()(ids) == 0).all(dim=-1), gone)


@pytest.mark.parametrize("kind", ["learned", "one-hot"])
@pytest.mark.parametrize("wrong", [7, -1])
def test_an_id_outside_the_vocabulary(kind, wrong):
    with pytest.raises(ShapeError, match=rf"^embedding: id {wrong} is outside the vocabulary of 7 symbols \(0 to 6\)$"):
        Embedding(config.Embedding(kind=kind, size=4), 7)(torch.tensor([[1, wrong]]))


def test_ids_that_are_no_whole_numbers():
    with pytest.raises(ShapeError, match=r"^embedding: ids must be int64, got float32$"):
        Embedding(config.Embedding(size=4), 7)(torch.zeros(2, 2))


def test_a_fault_that_is_not_the_ids_keeps_its_own_words():
    embedding = Embedding(config.Embedding(size=4), 7)
    embedding.weight = torch.nn.Parameter(torch.zeros(7))
    with pytest.raises(RuntimeError, match="2-D"):
        embedding(IDS)


def test_empty_vocabulary():
    with pytest.raises(ShapeError, match=r"^embedding: the vocabulary must hold at least 1 symbol, got 0$"):
        Embedding(config.Embedding(size=4), 0)


def test_blanks_take_whole_places_out_and_leave_the_others_as_they_are():
    embedding = Embedding(config.Embedding(size=8, blanks=0.25), 50)
    ids = torch.randint(0, 50, (40, 100))
    torch.manual_seed(1)
    seen = embedding(ids)
    empty = (seen == 0).all(dim=-1)
    assert 0.2 < float(empty.double().mean()) < 0.3
    assert torch.equal(seen[~empty], embedding.weight[ids][~empty])
    again = embedding(ids)
    assert not torch.equal(again, seen), "drawn anew a call"
    assert not isinstance(embedding.look_up(ids), LookUp)
    assert torch.equal(embedding.eval()(ids), embedding.weight[ids])
