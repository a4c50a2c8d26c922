"""Writes phone_plans.bin: the numbering plans of all calling codes as one minimised automaton over digits.

    pip install phonenumbers && python phone_plans.py phone_plans.bin

Layout, little endian:
    u16 states, u16 codes
    states x 10 u16      where a digit leads; 0 is the dead state
    states/8 bytes       bit set: a number may end here
    codes x (u16 start, u16 calling code, 4 bytes national prefix, padded with zeros)
    u16 start            of the numbers as they are dialled inside any country

The start of a calling code reads the national significant number, without the national prefix. The last start reads the
numbers of all countries at once, with and without their prefixes.
"""
import re._parser as sre
import struct
import sys

import phonenumbers
from phonenumbers import PhoneMetadata

KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
         "voicemail")
EVERY = frozenset("0123456789")


class Nfa:
    """Thompson's construction over digits."""

    def __init__(self):
        self.edges, self.free = [], []

    def state(self):
        self.edges.append([])
        self.free.append([])
        return len(self.edges) - 1

    def add(self, items, start):
        for item in items:
            start = self.step(item, start)
        return start

    def step(self, item, start):
        op, value = item
        name = str(op)
        if name in ("LITERAL", "IN", "ANY"):
            end = self.state()
            self.edges[start].append((digits(item), end))
            return end
        if name == "SUBPATTERN":
            return self.add(value[3], start)
        if name == "BRANCH":
            end = self.state()
            for branch in value[1]:
                self.free[self.add(branch, start)].append(end)
            return end
        if name == "MAX_REPEAT":
            low, high, body = value
            for _ in range(low):
                start = self.add(body, start)
            end = self.state()
            for _ in range(int(high) - low):
                self.free[start].append(end)
                start = self.add(body, start)
            self.free[start].append(end)
            return end
        raise ValueError(name)


def digits(item):
    op, value = item
    name = str(op)
    if name == "LITERAL":
        return frozenset(chr(value))
    if name == "ANY":
        return EVERY
    found = set()
    for kind, what in value:
        if str(kind) == "LITERAL":
            found.add(chr(what))
        elif str(kind) == "RANGE":
            found |= {chr(code) for code in range(what[0], what[1] + 1)}
        elif str(kind) == "CATEGORY":
            found |= EVERY
        else:
            raise ValueError(kind)
    return frozenset(found) & EVERY


def closure(nfa, states):
    todo, seen = list(states), set(states)
    while todo:
        for target in nfa.free[todo.pop()]:
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return frozenset(seen)


class Table:
    """States shared by all plans: two states with the same future are one."""

    def __init__(self):
        self.ids, self.rows, self.ends = {}, [(0,) * 10], [False]
        self.ids[(self.rows[0], False)] = 0

    def intern(self, row, end):
        key = (row, end)
        if key not in self.ids:
            self.ids[key] = len(self.rows)
            self.rows.append(row)
            self.ends.append(end)
        return self.ids[key]

    def compile(self, patterns):
        nfa = Nfa()
        start, last = nfa.state(), nfa.state()
        for pattern in patterns:
            first = nfa.state()
            nfa.free[start].append(first)
            nfa.free[nfa.add(sre.parse(pattern), first)].append(last)
        memo = {}

        def visit(states):
            if states in memo:
                return memo[states]
            row = []
            for digit in "0123456789":
                targets = {end for state in states for allowed, end in nfa.edges[state] if digit in allowed}
                row.append(visit(closure(nfa, targets)) if targets else 0)
            memo[states] = self.intern(tuple(row), last in states)
            return memo[states]

        return visit(closure(nfa, {start}))

    def dialled(self, codes):
        """The start of all numbers, behind their national prefix or without it.

        A state is what is left of a prefix, with the start behind it.
        """

        def step(state, digit):
            left, start = state
            if left:
                return (left[1:], start) if left[0] == digit else None
            target = self.rows[start][int(digit)]
            return ("", target) if target else None

        memo = {}

        def visit(states):
            if states not in memo:
                row = []
                for digit in "0123456789":
                    targets = frozenset(filter(None, (step(state, digit) for state in states)))
                    row.append(visit(targets) if targets else 0)
                memo[states] = self.intern(tuple(row), any(not left and self.ends[start] for left, start in states))
            return memo[states]

        bare = {("", start) for start, _, _ in codes}
        return visit(frozenset(bare | {(prefix.decode(), start) for start, _, prefix in codes}))


def metadata(code):
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    if regions == ("001",):
        return [PhoneMetadata.metadata_for_nongeo_region(code)]
    return [PhoneMetadata.metadata_for_region(region) for region in regions]


def main(path):
    table, codes = Table(), []
    for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
        patterns, prefix = set(), ""
        for plan in metadata(code):
            prefix = prefix or (plan.national_prefix or "")
            kinds = [getattr(plan, kind) for kind in KINDS]
            patterns |= {kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern}
        codes.append((table.compile(sorted(patterns)), code, prefix.encode()[:4]))
    every = table.dialled(codes)
    with open(path, "wb") as out:
        out.write(struct.pack("<HH", len(table.rows), len(codes)))
        for row in table.rows:
            out.write(struct.pack("<10H", *row))
        ends = bytearray((len(table.rows) + 7) // 8)
        for state, end in enumerate(table.ends):
            ends[state // 8] |= end << (state % 8)
        out.write(ends)
        for start, code, prefix in codes:
            out.write(struct.pack("<HH4s", start, code, prefix))
        out.write(struct.pack("<H", every))
    print(len(table.rows), "states", len(codes), "codes")


main(sys.argv[1])
