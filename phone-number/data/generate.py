#!/usr/bin/env python3
"""Writes countries.txt beside itself, and prints the calling codes for own-zero.in and trunk-zero.in.

Needs `pip install phonenumbers==9.0.43 regex`. Run it when libphonenumber's metadata changed, and state the version in
all three files.
"""

from pathlib import Path

import regex
import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType

GEOGRAPHIC = (PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
EXCHANGES = ("234", "345", "456", "567", "678", "789", "200", "555", "811", "950", "222", "333", "444", "266", "888")
# Their numbers cannot be told from those of the main region by their beginning.
INDISTINCT = ("BL", "MF")


def begins(pattern, digits):
    return regex.fullmatch(pattern, digits, partial=True)


def shortest(mine, others, most):
    """The shortest beginnings that match a pattern of `mine` and none of `others`."""
    found = []

    def walk(prefix):
        if not any(begins(pattern, prefix) for pattern in mine):
            return
        if prefix and not any(begins(pattern, prefix) for pattern in others):
            found.append(prefix)
        elif len(prefix) < most:
            for digit in "0123456789":
                walk(prefix + digit)

    walk("")
    return found


def complete(pattern, most=7):
    """The beginnings that a pattern of leading digits matches as a whole."""
    found = []

    def walk(prefix):
        if prefix and regex.fullmatch(pattern, prefix):
            found.append(prefix)
        elif len(prefix) < most and begins(pattern, prefix):
            for digit in "0123456789":
                walk(prefix + digit)

    walk("")
    return found


def north_american_area_codes(region):
    def belongs(area):
        numbers = [phonenumbers.parse(f"+1{area}{exchange}4321") for exchange in EXCHANGES]
        return any(
            phonenumbers.region_code_for_number(number) == region and phonenumbers.number_type(number) in GEOGRAPHIC
            for number in numbers
        )

    return [str(area) for area in range(200, 1000) if belongs(area)]


def beginnings(code, regions, region):
    metadata = PhoneMetadata.metadata_for_region(region)
    if region in ("US", "CA"):
        return north_american_area_codes(region)
    if metadata.leading_digits and region != regions[0]:
        return complete(metadata.leading_digits)
    if region == regions[0] or region in INDISTINCT:
        return [""]
    main = PhoneMetadata.metadata_for_region(regions[0])
    others = [main.mobile.national_number_pattern, main.fixed_line.national_number_pattern]
    return shortest([metadata.mobile.national_number_pattern], others, 6) or [""]


def zeros():
    keep, trunk, none = [], [], []
    for code, regions in sorted(COUNTRY_CODE_TO_REGION_CODE.items()):
        if regions == ("001",):
            continue
        metadata = [PhoneMetadata.metadata_for_region(region) for region in regions]
        has_zero = lambda part: part and part.national_number_pattern and begins(part.national_number_pattern, "0")
        mobile = any(has_zero(each.mobile) for each in metadata)
        any_zero = mobile or any(has_zero(each.fixed_line) or has_zero(each.general_desc) for each in metadata)
        dialled = any(
            (each.national_prefix or "").startswith("0") or (each.national_prefix_for_parsing or "").startswith("0")
            for each in metadata
        )
        if mobile or (any_zero and not dialled):
            keep.append(code)
        elif dialled:
            trunk.append(code)
        else:
            none.append(code)
    return keep, trunk, none


def main():
    rows = {}
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        if regions != ("001",):
            for region in regions:
                rows[region] = [f"{code}{rest}" for rest in beginnings(code, regions, region)]
    path = Path(__file__).with_name("countries.txt")
    head = [line for line in path.open(encoding="utf-8") if line.startswith("#")]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(head)
        for region, prefixes in sorted(rows.items()):
            file.write(f"{region} {' '.join(prefixes)}\n")
    for name, codes in zip(("part of the number", "trunk zero", "no zero"), zeros()):
        print(f"{name}: {codes}")


if __name__ == "__main__":
    main()
