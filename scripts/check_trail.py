#!/usr/bin/env python3
"""Check an exported trail without the portal: only this file, Python 3.11 and the keys are needed.

    scripts/check_trail.py TRAIL.jsonl.gz --keys KEYS.txt [--head SEQ:CODE]… [--against OLDER.jsonl.gz]

TRAIL is what `manage.py export_trail` or `archive_trail` has written. KEYS holds the portal's TRAIL_KEYS, one a line or
separated by commas. --head is what a printed briefing says of the trail: number and first digits of a seal; paper is
the second witness. --against compares with an older export, entry by entry. A file that begins after the first seal must
say itself, with a signature, that the older ones were archived; or --against names the archive that ends there.

Exit status: 0 the trail is whole, 1 it is not, 2 it cannot be checked. How the codes are made is described in
docs/audit.md and in changelog/trail/chain.py, of which this file is independent.
"""

import argparse
import gzip
import hashlib
import hmac
import json
import sys

FORMAT = "changzhi-trail-1"
HEAD_DIGITS = 16


def main() -> int:
    """Check what the command line names, print the outcome, and return the exit status."""
    parser = argparse.ArgumentParser(description="Check an exported trail without the portal.")
    parser.add_argument("trail")
    parser.add_argument("--keys", required=True, help="file with the portal's TRAIL_KEYS")
    parser.add_argument("--head", action="append", default=[], metavar="SEQ:CODE", help="as printed on a briefing")
    parser.add_argument("--against", metavar="OLDER", help="an older export of the same trail")
    options = parser.parse_args()
    try:
        keys = read_keys(options.keys)
        heads = dict(read_head(text) for text in options.head)
        faults, count, last = check(options.trail, keys, heads, end_of(options.against) if options.against else None)
        if options.against:
            faults += compare(options.trail, options.against)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        print(f"Cannot be checked: {error}", file=sys.stderr)
        return 2
    for fault in faults:
        print(fault)
    print(f"{count} records, newest seal {last}: {'whole' if not faults else f'{len(faults)} faults'}")
    return 1 if faults else 0


def read_keys(path):
    """Return the keys by their short names."""
    with open(path, encoding="utf-8") as file:
        keys = [key.strip() for key in file.read().replace(",", "\n").split("\n")]
    return {hashlib.sha256(f"trail key {key}".encode()).hexdigest()[:8]: key.encode() for key in keys if key}


def read_head(text):
    """Return number and code of a printed head; raises ValueError."""
    seq, _, code = text.partition(":")
    if len(code) < HEAD_DIGITS:
        raise ValueError(f"{text} is no head such as 1024:0123456789abcdef")
    return int(seq), code.lower()


def read(path):
    """Yield the lines of an export: first what it says of itself, then the entries."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def end_of(path):
    """Return number and code of the last seal in an export."""
    about, *entries = read(path)
    return (entries[-1][0], entries[-1][1]) if entries else (about["after_seq"], about["after_code"])


def tells_of_archive(record, start, keys):
    """Return whether a record says, with a signature, that the seals up to `start` (number, code) were archived."""
    if record[2] != "trail_archived":
        return False
    said = json.loads(record[-1])
    if (said["last_seq"], said["last_mac"]) != start:
        return False
    text = f"archive\n{said['last_seq']}\n{said['last_mac']}\n{said['sha256']}"
    codes = (hmac.digest(key, text.encode(), "sha256").hex() for key in keys.values())
    return any(hmac.compare_digest(code, said["signature"]) for code in codes)


def check(path, keys, heads, older_end=None):
    """Return the faults, the number of entries and the newest seal."""
    lines = read(path)
    about = next(lines, None)
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ValueError(f"{path} is no export of the trail")
    faults, count, last_printed = [], 0, None
    last, stored = about["after_seq"], about["after_code"]
    right, start = stored, (last, stored)
    is_start_known = start in [(0, "0" * 64), older_end]
    not_seen = dict(heads)
    for seq, code, key_name, sealed_at, digest, record in lines:
        count += 1
        is_start_known = is_start_known or tells_of_archive(record, start, keys)
        who = f"seal {seq}, record {record[0]}"
        is_gap = seq != last + 1
        if is_gap:
            faults.append(f"removed: between seal {last} and seal {seq}")
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        if key_name not in keys:
            faults.append(f"key: {who}: there is no key called {key_name}")
            last, stored, right = seq, code, code
            continue
        # Where a code was altered, the next one was made over the right one.
        codes = [
            hmac.digest(keys[key_name], f"{before}\n{seq}\n{sealed_at}\n{digest}\n{text}".encode(), "sha256").hex()
            for before in dict.fromkeys((right, stored))
        ]
        if code not in codes and not is_gap:
            faults.append(f"altered: {who}")
        printed = not_seen.pop(seq, None)
        if printed is not None:
            if code.startswith(printed):
                last_printed = seq
            else:
                since = "" if last_printed is None else f", after seal {last_printed} which is as printed"
                faults.append(
                    f"head: {who} is not the one that was printed ({printed}): rewritten here or before{since}"
                )
        last, stored, right = seq, code, code if is_gap or code in codes else codes[0]
    if not is_start_known:
        faults.append(f"removed: the file begins after seal {start[0]}, and nothing vouches for what was before")
    for seq, code in sorted(not_seen.items()):
        where = "lies before the file: check its archive" if seq <= start[0] else "is not in the file"
        faults.append(f"head: seal {seq} ({code}) was printed and {where}")
    return faults, count, f"{last}:{stored[:HEAD_DIGITS]}"


def compare(path, older):
    """Return what differs between two exports among the entries that both should have."""
    new, old = read(path), read(older)
    about, about_old = next(new), next(old)
    faults = []
    start = max(about["after_seq"], about_old["after_seq"])
    of_old = {entry[0]: entry for entry in old if entry[0] > start}
    for entry in new:
        before = of_old.pop(entry[0], None)
        if before is not None and before != entry:
            faults.append(f"differs: seal {entry[0]}, record {entry[5][0]} is another one in {older}")
    return faults + [f"differs: seal {seq} of {older} is missing" for seq in sorted(of_old)]


if __name__ == "__main__":
    sys.exit(main())
