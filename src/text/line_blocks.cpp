#include "bertforge/text/line_blocks.h"

#include <algorithm>
#include <utility>

#include "bertforge/text/require_text.h"

namespace bertforge {

std::size_t line_cut(std::string_view line, std::size_t max_bytes) {
  const std::size_t space = line.find_last_of(" \t\r", max_bytes - 1);
  if (space != std::string_view::npos) return space + 1;
  // A byte that continues no sequence begins one. Four in a row that continue are not UTF-8, and then any place will do.
  for (std::size_t cut = max_bytes; cut + 4 > max_bytes; --cut) {
    if ((static_cast<unsigned char>(line[cut]) & 0xC0) != 0x80) return cut;
  }
  return max_bytes;
}

// What comes in one read is no longer than a line may be.
LineBlockReader::LineBlockReader(const std::string& path, LineBlockSizes sizes, ByteRange range)
    : input_(path, range),
      sizes_{std::min(sizes.block_bytes, sizes.max_line_bytes), sizes.max_line_bytes},
      buffer_(sizes_.block_bytes, '\0'),
      at_begin_(range.begin == 0) {}

bool LineBlockReader::next(LineBlock& block, const std::function<void()>& before_waiting) {
  std::string& bytes = block.bytes;
  bytes.swap(carry_);
  carry_.clear();
  // Only the first line may be too long: those behind it came in one read.
  std::size_t first_end = std::string::npos;
  for (std::size_t looked_at = 0;;) {
    if (first_end == std::string::npos) first_end = bytes.find('\n', looked_at);
    looked_at = bytes.size();
    if (std::min(first_end, bytes.size()) > sizes_.max_line_bytes) {
      return hand_out(block, line_cut(bytes, sizes_.max_line_bytes), false);
    }
    if (at_end_) return !bytes.empty() && hand_out(block, bytes.size(), true);
    if (first_end != std::string::npos && (bytes.size() >= sizes_.block_bytes || !input_.has_more())) {
      return hand_out(block, bytes.rfind('\n') + 1, true);
    }
    read_more(bytes, before_waiting);
  }
}

void LineBlockReader::read_more(std::string& bytes, const std::function<void()>& before_waiting) {
  if (before_waiting && !input_.has_more()) before_waiting();
  const std::size_t size = bytes.size();
  const std::size_t room = size < sizes_.block_bytes ? sizes_.block_bytes - size : sizes_.block_bytes;
  const std::size_t num_read = input_.read(buffer_.data(), room);
  bytes.append(buffer_, 0, num_read);
  at_end_ = num_read == 0;
}

bool LineBlockReader::hand_out(LineBlock& block, std::size_t num_bytes, bool ends_line) {
  std::string& bytes = block.bytes;
  carry_.assign(bytes, num_bytes);
  bytes.resize(num_bytes);
  if (std::exchange(at_begin_, false)) {
    require_text(bytes, name());
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
  }
  block.first_number = next_number_;
  block.begins_line = !std::exchange(in_line_, !ends_line);
  block.ends_line = ends_line;
  next_number_ += std::count(bytes.begin(), bytes.end(), '\n');
  return true;
}

}  // namespace bertforge
