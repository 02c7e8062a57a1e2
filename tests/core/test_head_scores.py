"""Scores of heads whose answer is known by hand, by a loop, or by how the attention was made."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.annotations.annotation import Annotation
from provis_core.annotations.annotators.contacts import compute_contacts
from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.linking import LINKER, link_maps
from provis_core.structures.sequence import SequenceMap

from .toy_scans import make_scan

N = 60


def _map(n=N, index=None) -> SequenceMap:
    return SequenceMap("A" * n, np.arange(n) if index is None else np.asarray(index))


def _residues(values, valid=None, **options) -> Annotation:
    values = np.asarray(values)
    valid = np.ones(len(values), dtype=bool) if valid is None else valid
    return Annotation("site", "residue", values, valid, "toy chain A", "by hand", **options)


def _pairs(values, valid=None, min_separation=6) -> Annotation:
    valid = np.ones(len(values), dtype=bool) if valid is None else valid
    return Annotation(
        "contact", "pair", values, valid, "toy chain A", "by hand", min_separation=min_separation
    )


def _noise(n_layers=3, n_heads=4, n=N, seed=0) -> np.ndarray:
    """Sharp attention that means nothing: rows that sum to 1, neighbours alike."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n_layers, n_heads, n, n))
    for axis in (2, 3):
        logits = logits + np.roll(logits, 1, axis) + np.roll(logits, 2, axis)
    maps = np.exp(1.5 * logits)
    return (maps / maps.sum(axis=3, keepdims=True)).astype(np.float32)


def _site(n=N, seed=0) -> np.ndarray:
    site = np.zeros(n, dtype=bool)
    site[np.random.default_rng(seed).choice(n, 6, replace=False)] = True
    return site


def test_a_toy_by_hand():
    maps = np.zeros((1, 2, 18, 18), dtype=np.float32)
    maps[0, 0, [0, 1, 2, 3], [10, 10, 11, 5]] = [0.9, 0.5, 0.4, 0.3]
    maps[0, 0, 4, 10] = 0.2  # no arc, but attention
    maps[0, 1, 0, 12] = 0.8
    site = np.arange(18) == 10
    table = compute_head_scores(make_scan(maps), _map(18), _residues(site), min_arcs=1)
    assert table.n_arcs.tolist() == [[4, 1]]
    assert table.hits.tolist() == [[2, 0]]
    assert table.share.tolist() == [[0.5, 0]]
    assert table.background == 1 / 18
    assert table.enrichment.tolist() == [[9, 0]]
    np.testing.assert_allclose(table.weighted_share, [[1.6 / 2.3, 0]], rtol=1e-6)
    # residues 5 to 12 move; arcs end at 5, 10, 10, 11: the shifted site meets two of them in 1 of 8 shifts,
    # one in 2 of 8
    assert table.n_shifts == 8
    assert table.p[0, 0] == 1 / 8
    assert table.expected[0].tolist() == pytest.approx([1 / 8, 1 / 8])
    assert table.p[0, 1] == 1
    assert table.special_share[0].tolist() == pytest.approx([1 - 2.3 / 18, 1 - 0.8 / 18])
    assert table.rank()[0] == HeadId(0, 0)
    assert table.n_tested == 2


def test_the_ends_of_a_chain_are_not_shifted():
    """The property of the first and last five residues counts as it is, whatever the shift."""
    maps = np.zeros((1, 2, 18, 18), dtype=np.float32)
    maps[0, 0, :12, :12] = 0.4 * np.eye(12)  # twelve arcs, five of them at the start
    maps[0, 1, :12, 1:13] = 0.4 * np.eye(12)
    has = np.isin(np.arange(18), [0, 1, 2, 15, 16, 17])  # nothing but ends
    table = compute_head_scores(make_scan(maps), _map(18), _residues(has))
    assert table.hits.tolist() == [[3, 2]]
    assert table.expected.tolist() == table.share.tolist() == [[3 / 12, 2 / 12]]
    assert table.p.tolist() == table.p_max.tolist() == [[1, 1]]
    assert "site is the same for all residues but the first and last 5" in table.notes[-1]
    has[7] = True
    table = compute_head_scores(make_scan(maps), _map(18), _residues(has))
    assert table.hits.tolist() == [[4, 3]]
    # moved to 5 to 11 it meets an arc of both, at 12 only of the second
    np.testing.assert_allclose(table.expected, [[(7 * 4 + 3) / 96, (8 * 3) / 96]], rtol=1e-12)
    assert not table.notes


def test_every_end_of_linked_chains_stays():
    linked = link_maps([_map(30), _map(14)], [30, 14])
    maps = _noise(1, 1, linked.n_positions)
    table = compute_head_scores(make_scan(maps, linked.sequence), linked, _residues(np.arange(44) % 9 == 6))
    assert table.n_shifts == 20 + 4


def test_the_key_must_have_the_property_not_the_query():
    maps = np.zeros((1, 2, 20, 20), dtype=np.float32)
    maps[0, 0, 1:15, 0] = 0.9
    maps[0, 1, 0, 1:4] = 0.3
    site = np.arange(20) == 0
    table = compute_head_scores(make_scan(maps), _map(20), _residues(site), min_arcs=1)
    assert table.share.tolist() == [[1, 0]]


def test_every_number_equals_a_loop_over_residues_and_shifts():
    maps = _noise()
    # 66 residues of which five were not resolved; the property of four others is not known
    index = np.arange(N)
    index[20:25] = -1
    index[25:] -= 5
    valid = np.ones(N - 5, dtype=bool)
    valid[[3, 4, 30, 54]] = False
    site = _site(N - 5) & valid
    table = compute_head_scores(make_scan(maps), _map(index=index), _residues(site, valid), min_attn=0.1)
    known = [p for p in range(N) if index[p] >= 0 and valid[index[p]]]
    value = np.array([site[index[p]] for p in known])
    moves = np.array([5 <= p < N - 5 for p in known])
    assert table.n_known == len(known) == 51
    assert table.n_shifts == moves.sum() == 44
    assert table.background == value.mean()
    for head in np.ndindex(3, 4):
        weights = maps[head]
        ends = [known.index(j) for i in range(N) for j in range(N) if weights[i, j] >= 0.1 and j in known]
        received = weights[:, known].sum(axis=0, dtype=float)
        shares, weighted = [], []
        for s in range(moves.sum()):
            shifted = value.copy()
            shifted[moves] = np.roll(value[moves], s)
            shares.append(np.mean(shifted[ends]))
            weighted.append((received * shifted).sum() / received.sum())
        assert table.n_arcs[head] == len(ends)
        assert table.hits[head] == sum(value[ends])
        assert table.share[head] == pytest.approx(shares[0])
        assert table.weighted_share[head] == pytest.approx(weighted[0], rel=1e-5)
        assert table.expected[head] == pytest.approx(np.mean(shares))
        assert table.low[head] == pytest.approx(np.quantile(shares, 0.025))
        assert table.high[head] == pytest.approx(np.quantile(shares, 0.975))
        assert table.p[head] == np.mean(np.array(shares) >= shares[0] - 1e-12)
        assert table.weighted_p[head] == np.mean(np.array(weighted) >= weighted[0] - 1e-9)


def test_pairs_equal_a_loop():
    maps = _noise(seed=4)
    index = np.arange(N)
    index[20:25] = -1
    index[25:] -= 5
    valid = np.ones(N - 5, dtype=bool)
    valid[[7, 40]] = False
    rng = np.random.default_rng(5)
    contacts = rng.random((N - 5, N - 5)) < 0.1
    contacts |= contacts.T
    table = compute_head_scores(make_scan(maps), _map(index=index), _pairs(contacts, valid), min_attn=0.1)
    known = [p for p in range(N) if index[p] >= 0 and valid[index[p]]]
    n = len(known)
    far = np.abs(np.subtract.outer(known, known)) >= 6
    labels = contacts[np.ix_(index[known], index[known])] & far
    assert table.background == pytest.approx(labels[far].mean())
    assert table.background_counts == far.sum() / 2
    for head in np.ndindex(3, 4):
        weights = maps[head]
        pairs = [
            (known.index(i), known.index(j))
            for i in known
            for j in known
            if weights[i, j] >= 0.1 and abs(i - j) >= 6
        ]
        n_near = sum(weights[i, j] >= 0.1 and abs(i - j) < 6 for i in known for j in known)
        shares = []
        for s in range(n):
            moved = [((i - s) % n, (j - s) % n) for i, j in pairs]
            moved = [pair for pair in moved if far[pair]]
            shares.append(np.mean([labels[pair] for pair in moved]))
        assert (table.n_arcs[head], table.n_near[head]) == (len(pairs), n_near)
        assert table.share[head] == pytest.approx(shares[0])
        assert table.expected[head] == pytest.approx(np.mean(shares))
        assert table.p[head] == np.mean(np.array(shares) >= shares[0] - 1e-12)
        kept = (weights >= 0.05)[np.ix_(known, known)] & far
        inner = weights[np.ix_(known, known)]
        assert table.weighted_share[head] == pytest.approx(inner[kept & labels].sum() / inner[kept].sum())
    assert table.weighted_method == "the pairs with attention >= 0.05, which is what a scan keeps"


def test_precision_by_hand():
    """12 residues have 21 pairs that are six or more apart; L = 12, L/2 = 6, L/5 = 2 are looked at."""
    n = 12
    maps = np.zeros((1, 1, n, n), dtype=np.float32)
    ranked = [(0, 6), (1, 7), (2, 8), (3, 9), (4, 10), (5, 11), (0, 11), (1, 11), (0, 7), (0, 8), (0, 9)]
    ranked += [(2, 9), (0, 10), (1, 8), (1, 9), (1, 10), (2, 10), (2, 11), (3, 10), (3, 11), (4, 11)]
    for place, (i, j) in enumerate(ranked):
        maps[0, 0, i, j] = 0.5 - 0.02 * place
    contacts = np.zeros((n, n), dtype=bool)
    for i, j in [(0, 6), (2, 8), (4, 10), (0, 11), (2, 9), (0, 10)]:  # ranks 1, 3, 5, 7, 12, 13
        contacts[i, j] = contacts[j, i] = True
    table = compute_head_scores(make_scan(maps), _map(n), _pairs(contacts), min_arcs=1)
    found = {name: table.precision_plain[name].tolist() for name in ("L", "L/2", "L/5")}
    assert found == {"L": [[5 / 12]], "L/2": [[3 / 6]], "L/5": [[1 / 2]]}
    assert np.isnan(table.precision_plain["long L"]).all()  # there are no such pairs, and nothing is lacking
    assert not table.notes
    # residue 3 has no coordinates: its pairs are passed over, and L is 11
    valid = np.arange(n) != 3
    table = compute_head_scores(make_scan(maps), _map(n), _pairs(contacts, valid), min_arcs=1)
    found = {name: table.precision_plain[name].tolist() for name in ("L", "L/2", "L/5")}
    assert found == {"L": [[5 / 11]], "L/2": [[3 / 5]], "L/5": [[1 / 2]]}


def test_average_product_correction_brings_contacts_up():
    """Residues that take part in all pairs hide the contacts from plain ranking, not from the corrected."""
    contacts = np.zeros((N, N), dtype=bool)
    for i in range(N // 2):
        j = N - 1 - i
        contacts[i, j] = contacts[j, i] = j - i >= 6
    busy = np.random.default_rng(0).random(N) ** 3
    maps = 0.2 * np.outer(busy, busy)[None, None] + 0.02 * contacts
    table = compute_head_scores(make_scan(maps), _map(), _pairs(contacts))
    assert table.precision["L/5"][0, 0] == 1
    assert table.precision["L/2"][0, 0] > 0.8
    assert table.precision_plain["L/5"][0, 0] < 0.2


def test_precision_that_cannot_be_known_is_said():
    """Of 60 residues the 2 L best pairs are kept; where most have no coordinates they may not be enough."""
    maps = np.zeros((1, 2, N, N), dtype=np.float32)
    maps[0, 0, :30, 30:] = 0.02  # the best pairs of head 1-1 are all unknown
    maps[0, 1, :30, :30] = 0.02
    valid = np.arange(N) < 30
    contacts = np.zeros((N, N), dtype=bool)
    table = compute_head_scores(make_scan(maps), _map(), _pairs(contacts, valid))
    assert np.isnan(table.precision_plain["L"]).tolist() == [[True, False]]
    unknown = np.isnan(table.precision["L"]) | np.isnan(table.precision_plain["L"])
    assert f"Precision is not known for {unknown.sum()} heads" in table.notes[-1]


@pytest.mark.parametrize("min_separation", [6, 9, 12, 18, 24])
def test_precision_of_every_range_is_that_of_the_whole_map(min_separation):
    """Heads whose best pairs are nearly all of short range, where 2 L pairs of all have too few long ones."""
    rng = np.random.default_rng(6)
    maps = rng.dirichlet(np.full(N, 0.3), (2, 3, N))
    place = np.arange(N)
    maps *= np.exp(-np.abs(place[:, None] - place) / 6)
    contacts = rng.random((N, N)) < 0.2
    contacts |= contacts.T
    valid = rng.random(N) < 0.9
    scan = make_scan(maps)
    table = compute_head_scores(scan, _map(), _pairs(contacts, valid, min_separation))
    is_lacking = min_separation == 18  # within the medium range, of which the best 2 L are mostly nearer
    assert bool([note for note in table.notes if "Precision" in note]) == is_lacking
    n_known = int(valid.sum())
    i, j = np.triu_indices(N, min_separation)
    kept = valid[i] & valid[j]
    i, j = i[kept], j[kept]
    for words, low, high in (("", 6, N), ("medium ", 12, 24), ("long ", 24, N)):
        inside = (j - i >= low) & (j - i < high)
        for name, n_pairs in (("L", n_known), ("L/2", n_known // 2), ("L/5", n_known // 5)):
            found = table.precision_plain[words + name]
            for head in np.ndindex(2, 3):
                scores = (maps[head] + maps[head].T).astype(np.float32)[i[inside], j[inside]]
                best = np.argsort(-scores, kind="stable")[:n_pairs]
                hits = contacts[i[inside][best], j[inside][best]]
                expected = hits.mean() if len(hits) else np.nan
                if is_lacking and words != "long " and np.isnan(found[head]):
                    continue  # what is told is right all the same
                assert found[head] == pytest.approx(expected, nan_ok=True), (words, name)


@pytest.mark.parametrize("planted", [(0, 0), (2, 1)])
def test_a_planted_head_comes_first(planted):
    maps, site = _noise(seed=7), _site()
    maps[planted] *= 0.3
    maps[planted][np.arange(N), np.flatnonzero(site)[np.arange(N) * 7 % 6]] += 0.6
    table = compute_head_scores(make_scan(maps), _map(), _residues(site))
    assert table.best(1) == [HeadId(*planted)]
    assert table.p[planted] == table.p_max[planted] == table.p_fdr[planted] == 1 / (N - 10)
    assert table.share[planted] > table.high[planted]
    assert table.z_bonferroni[planted] < 1e-6
    assert not table.is_sink[planted]


def test_a_planted_contact_head_comes_first():
    maps = _noise(seed=3)
    coords = np.cumsum(np.random.default_rng(2).normal(scale=2.2, size=(N, 3)), axis=0).astype(np.float32)
    from provis_core.structures.chain import Chain, ResidueId

    chain = Chain("toy", "A", tuple(ResidueId("A", k) for k in range(N)), ("ALA",) * N, coords)
    contacts = compute_contacts(chain)
    rows = np.flatnonzero(contacts.values.any(axis=1))
    maps[1, 3] *= 0.2
    for row in rows:
        maps[1, 3, row, np.flatnonzero(contacts.values[row])[0]] += 0.7
    table = compute_head_scores(make_scan(maps), _map(), contacts)
    assert table.best(1) == [HeadId(1, 3)]
    assert table.precision["L"].argmax() == 4 + 3
    assert table.p_max[1, 3] < 0.05


def _walk(seed: int) -> Annotation:
    """Contacts of a compact random walk."""
    rng = np.random.default_rng(seed)
    coords = np.zeros((N, 3))
    for k in range(1, N):
        step = rng.normal(size=3)
        coords[k] = 0.93 * coords[k - 1] + 3.8 * step / np.linalg.norm(step)
    distance = np.linalg.norm(coords[:, None] - coords, axis=2)
    far = np.abs(np.subtract.outer(np.arange(N), np.arange(N))) >= 6
    return _pairs((distance < 8) & far)


@pytest.mark.parametrize("make", [lambda seed: _residues(_site(seed=seed)), _walk], ids=["site", "contact"])
def test_attention_that_means_nothing_gives_even_p_values(make):
    """1200 heads: their p-values are as even as the shifts allow, and the corrected ones find nothing."""
    p, n_found = [], 0
    for seed in range(100):
        table = compute_head_scores(make_scan(_noise(seed=seed)), _map(), make(seed + 1000))
        p.append(table.p.ravel())
        n_found += int((table.p_max < 0.05).any())
    p = np.concatenate(p)
    for limit in (0.05, 0.1, 0.25, 0.5, 0.75):
        share = np.mean(p <= limit)
        assert share <= limit + 4 * np.sqrt(limit * (1 - limit) / 300)  # heads of a scan are alike
        assert share >= limit - 0.12
    assert n_found <= 14  # of 100, at 5 %


def test_a_sink_is_told_from_a_site():
    maps, site = _noise(seed=1), _site()
    sink = int(np.flatnonzero(site)[2])
    maps[0, 1] *= 0.2
    maps[0, 1, :, sink] += 0.7
    table = compute_head_scores(make_scan(maps), _map(), _residues(site))
    assert table.share[0, 1] > 0.9  # it looks like the best of all
    assert table.is_sink[0, 1]
    assert table.sinks[0, 1].nonzero()[0].tolist() == [sink]
    assert table.sink_share[0, 1] == pytest.approx(maps[0, 1, :, sink].mean(), rel=1e-5)
    assert table.sink_arcs[0, 1] > 0.9
    assert HeadId(0, 1) not in table.best(0)
    assert HeadId(0, 1) == table.rank()[len(table.best(0))]
    assert table.p[0, 1] == pytest.approx(
        5 / 50
    )  # one residue is in the site as often as the site is large, but for an end
    assert table.is_sink.sum() == 1


def test_a_head_that_feeds_special_tokens():
    maps = _noise(seed=1)
    maps[1, 1] *= 0.02
    table = compute_head_scores(make_scan(maps), _map(), _residues(_site()))
    assert table.special_share[1, 1] == pytest.approx(0.98, abs=1e-5)
    assert table.is_few[1, 1]
    assert table.is_sink[1, 1]
    assert np.isnan(table.p[1, 1])
    assert np.isnan(table.z_p[1, 1])
    assert table.n_tested == 11


def test_numbers_are_compared_by_their_mean_and_two_sided():
    maps = _noise(seed=2)
    b_factor = 30 + 10 * np.random.default_rng(9).random(N)
    low = np.argsort(b_factor)[:8]
    maps[2, 2] *= 0.3
    maps[2, 2][np.arange(N), low[np.arange(N) % 8]] += 0.6
    table = compute_head_scores(make_scan(maps), _map(), _residues(b_factor))
    assert table.is_numeric
    assert table.background == pytest.approx(b_factor.mean(), rel=1e-6)
    weights = maps[2, 2]
    strong = np.nonzero(weights >= 0.3)
    assert table.share[2, 2] == pytest.approx(b_factor[strong[1]].mean(), rel=1e-5)
    expected = (weights.sum(axis=0) * b_factor).sum() / weights.sum()
    assert table.weighted_share[2, 2] == pytest.approx(expected, rel=1e-5)
    assert table.p[2, 2] == 1 / (N - 10)
    assert table.shift_z[2, 2] == table.shift_z.min() < 0
    assert table.best(1) == [HeadId(2, 2)]
    assert np.isnan(table.z).all()
    assert np.isnan(table.enrichment).all()
    unknown = b_factor.copy()
    unknown[::7] = np.nan
    valid = np.isfinite(unknown)
    partial = compute_head_scores(make_scan(maps), _map(), _residues(unknown, valid))
    assert partial.background == pytest.approx(b_factor[valid].mean(), rel=1e-6)


def test_without_shifts_the_rest_is_the_same():
    scan, site = make_scan(_noise()), _residues(_site())
    quick, whole = (compute_head_scores(scan, _map(), site, shifts=shifts) for shifts in (False, True))
    for name in ("n_arcs", "hits", "share", "weighted_share", "z", "z_p", "enrichment", "is_sink"):
        np.testing.assert_allclose(getattr(quick, name), getattr(whole, name), rtol=1e-12, err_msg=name)
    assert np.isnan(quick.p).all()
    assert quick.n_shifts == 0
    assert quick.n_tested == whole.n_tested == 12
    contacts = np.random.default_rng(0).random((N, N)) < 0.1
    quick, whole = (
        compute_head_scores(scan, _map(), _pairs(contacts | contacts.T), shifts=shifts)
        for shifts in (False, True)
    )
    for name in ("n_arcs", "hits", "share", "weighted_share"):
        np.testing.assert_allclose(getattr(quick, name), getattr(whole, name), rtol=1e-12, err_msg=name)


def test_what_cannot_be_scored():
    scan = make_scan(_noise())
    site = _residues(_site())
    with pytest.raises(InputError, match=r"min_attn=0\.01"):
        compute_head_scores(scan, _map(), site, min_attn=0.01)
    with pytest.raises(InputError, match="min_arcs=0"):
        compute_head_scores(scan, _map(), site, min_arcs=0)
    with pytest.raises(InputError, match="All three must be about one chain"):
        compute_head_scores(scan, _map(59), site)
    with pytest.raises(InputError, match="All three must be about one chain"):
        compute_head_scores(scan, _map(), _residues(_site(59)))
    with pytest.raises(InputError, match="is known for 1 residues"):
        compute_head_scores(scan, _map(), _residues(_site(), np.arange(N) == 4))
    between = Annotation(
        "contact:B", "pair", np.zeros((N, 3), bool), np.ones(N, bool), "A", "m", (), np.ones(3, bool), "B"
    )
    with pytest.raises(InputError, match="two chains"):
        compute_head_scores(scan, _map(), between)
    with pytest.raises(InputError, match="numbers for residue pairs"):
        compute_head_scores(scan, _map(), _pairs(np.ones((N, N))))


def test_what_a_linker_attends_to_does_not_count():
    linked = link_maps([_map(30), _map(30)], [30, 30])
    n, linker = linked.n_positions, slice(30, 30 + len(LINKER))
    maps = np.zeros((1, 2, n, n), dtype=np.float32)
    maps[0, :, :12, 20] = 0.5
    maps[0, :, 70:80, 3] = 0.4  # from one chain to the other
    maps[0, 1, linker, 3] = 0.9
    site = _residues(np.arange(60) == 3)
    table = compute_head_scores(make_scan(maps, linked.sequence), linked, site)
    assert table.n_arcs.tolist() == [[22, 22]]
    assert table.hits.tolist() == [[10, 10]]
    np.testing.assert_allclose(table.weighted_share, [[0.4, 0.4]], rtol=1e-5)
    assert table.p[0, 0] == table.p[0, 1]
    assert "linker" in table.weighted_method
