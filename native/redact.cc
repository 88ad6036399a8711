#include "redact.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace devmapper {
namespace {

constexpr std::array<std::string_view, 3> kKeyIsSecondWord = {"crypt", "inlinecrypt", "default-key"};
constexpr std::array<std::string_view, 3> kKeyedOptions = {
    "internal_hash:", "journal_crypt:", "journal_mac:"};

char* EndOfWord(char* word) { return word + std::strcspn(word, " "); }

char* NextWord(char* word) {
  char* end = EndOfWord(word);
  return end + std::strspn(end, " ");
}

void RedactSecondWord(char* params) {
  char* key = NextWord(params + std::strspn(params, " "));
  if (*key == ':' || *key == '-') return;
  std::fill(key, EndOfWord(key), '0');
}

void RedactOptions(char* params) {
  for (char* word = params; *word != '\0'; word = NextWord(word)) {
    char* end = EndOfWord(word);
    const std::string_view text(word, static_cast<size_t>(end - word));
    for (const std::string_view option : kKeyedOptions) {
      if (text.substr(0, option.size()) != option) continue;
      char* colon = std::find(word + option.size(), end, ':');
      if (colon != end) std::fill(colon + 1, end, '0');
    }
  }
}

}  // namespace

void RedactTable(std::string_view target, char* params) {
  if (std::find(kKeyIsSecondWord.begin(), kKeyIsSecondWord.end(), target) != kKeyIsSecondWord.end())
    RedactSecondWord(params);
  else if (target == "integrity")
    RedactOptions(params);
}

}  // namespace devmapper
