#include "static_build.h"

#include "bertforge/app/build.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/base/stop_signal.h"
#include "bertforge/data/cpython_random.h"
#include "bertforge/data/instance_files.h"

namespace bertforge {

namespace {

std::vector<Example> make_instances(const TokenStore& store, const Tokenizer& tokenizer, const StaticBuild& build) {
  if (build.rng == "cpython") {
    CPythonRandom random(static_cast<std::uint32_t>(build.seed));
    return make_static_instances(store, tokenizer, build.config, random);
  }
  CounterRandom random(static_cast<std::uint64_t>(build.seed));
  return make_static_instances(store, tokenizer, build.config, random);
}

}  // namespace

void add_static_options(CommandLine& line, StaticBuild& build) {
  line.options().add("--static", build.is_asked_for,
                     "Write instances to the file --output instead of a dataset: TFRecord where its name ends in "
                     ".tfrecord, else JSONL. All of them lie in memory");
  line.options().add("--rng", build.rng,
                     "The generator: ours, or CPython's, whose draws are google-research/bert's with --compat google",
                     {"counter", "cpython"});
  line.options().add("--seed", build.seed, "Draws the instances", {.min = 0, .max = 4294967295});
  line.options().add("--dupe-factor", build.config.dupe_factor, "Times that each document is gone through",
                     {.min = 1, .max = 100000});
  FieldList fields;
  visit_fields(build.config.pairing, fields);
  visit_fields(build.config.masking, fields);
  for (const std::string_view setting :
       {"max_seq_length", "short_seq_prob", "masking", "masked_lm_prob", "max_predictions_per_seq"}) {
    line.options_for(fields, {setting});
    line.needs(CommandLine::option_of(setting), {"--static"});
  }
  for (const char* option : {"--rng", "--seed", "--dupe-factor"}) line.needs(option, {"--static"});
}

void take_google_habits(CorpusFiles& corpus, StaticBuild& build) {
  corpus.keep_unk = true;
  corpus.options.join_files = true;
  build.config.pairing = with_google_defects(build.config.pairing);
  build.config.masking = with_google_defects(build.config.masking);
}

StaticFigures write_static_instances(const CorpusFiles& corpus, const Tokenizer& tokenizer, const std::string& output,
                                     int num_threads, const StaticBuild& build) {
  build.config.validate();
  if (file_exists(output) && file_size(output) > 0) {
    fail(ErrorKind::kUsage, output, " exists and is not empty; name another file, or remove this one");
  }
  const std::string scratch_name = output + ".dataset";
  const std::string notice = unfinished_notice("writing", {output, scratch_name});
  const StopNotice stop_notice(notice);
  StagedFile file(output);
  const StagedFolder scratch(scratch_name);  // Never published.
  const std::filesystem::path folder = scratch.path() / "dataset";
  build_corpus_dataset(corpus, tokenizer, folder, {.num_threads = num_threads}, {}, nullptr, notice);
  const std::vector<Example> instances = make_instances(TokenStore(folder), tokenizer, build);

  if (instances.empty()) {
    fail(ErrorKind::kInput, corpus.files.front(), ": no instance can be made of it; a pair needs two sentences");
  }

  const InstanceFormat& format = instance_format_of(output);
  StaticFigures figures;
  std::string bytes;
  for (const Example& instance : instances) {
    ++figures.num_instances;
    figures.num_masked += std::ssize(instance.masked_positions);
    figures.num_random_next += instance.is_random_next;
    bytes.clear();
    format.append(bytes, instance, build.config);
    file.writer().write(bytes);
  }
  file.publish();
  log_info("instances: ", instances.size(), ", ", format.name, " (", format.help, "): ", output);
  return figures;
}

}  // namespace bertforge
