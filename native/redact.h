#pragma once

#include <string_view>

namespace devmapper {

// Overwrites key material in the table parameters of `target` with '0', in place and one for one, as dmsetup
// does: the second word of crypt, inlinecrypt and default-key unless it names a keyring key, and the third
// part of integrity's internal_hash:, journal_crypt: and journal_mac: options.
void RedactTable(std::string_view target, char* params);

}  // namespace devmapper
