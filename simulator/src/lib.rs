//! Tencent Cloud SMS on loopback, faithfully: signatures, limits, codes and an inbox.
