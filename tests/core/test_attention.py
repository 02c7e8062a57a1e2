import pytest

from provis_core.attention.head_id import HeadId, check_head
from provis_core.errors import HeadRangeError, InputError


def test_label_is_counted_from_one_and_parse_is_its_inverse():
    head = HeadId.parse("12-4")
    assert head == (11, 3)
    assert head.label == "12-4"
    assert HeadId.parse(" 1 - 16 ").label == "1-16"


@pytest.mark.parametrize("text", ["", "12", "12-", "0-1", "1-0", "-1-2", "a-b", "1.5-2", "12-4-1"])
def test_what_is_no_head_is_refused_with_an_example(text):
    with pytest.raises(InputError, match="12-4"):
        HeadId.parse(text)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (HeadId(12, 0), r"layer=13» .* 12 layers with 4 heads each\. Choose «layer=1» to «layer=12»"),
        (HeadId(-1, 0), r"layer=0» "),
        (HeadId(0, 4), r"head=5» .* Choose «head=1» to «head=4»"),
    ],
)
def test_a_head_out_of_range_names_the_valid_range(head, message):
    with pytest.raises(HeadRangeError, match=message):
        check_head(head, 12, 4, "toy")


def test_the_last_head_is_in_range():
    check_head(HeadId(11, 3), 12, 4, "toy")
