#include "bertforge/distributed/job.h"

#include <gtest/gtest.h>

#include <map>

#include "support/error_matchers.h"

namespace bertforge {
namespace {

using Variables = std::map<std::string, std::string>;

std::optional<Job> job_of(const Variables& variables) {
  return find_job([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

const Variables kTorchrun = {{"RANK", "5"},
                             {"WORLD_SIZE", "6"},
                             {"LOCAL_RANK", "2"},
                             {"LOCAL_WORLD_SIZE", "3"},
                             {"MASTER_ADDR", "10.0.0.7"},
                             {"MASTER_PORT", "29500"}};

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

TEST(Job, IsNoneWithoutALauncher) {
  EXPECT_FALSE(job_of({}));
  // What a batch script of Slurm's has before srun.
  EXPECT_FALSE(job_of({{"SLURM_JOB_ID", "7"}, {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}));
}

TEST(Job, OfTorchrunIsInRankAndWorldSize) {
  const auto job = job_of(kTorchrun);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->launcher, "torchrun");
  EXPECT_EQ(job->rank, 5);
  EXPECT_EQ(job->num_ranks, 6);
  EXPECT_EQ(job->local_rank, 2);
  EXPECT_EQ(job->num_local_ranks, 3);
  EXPECT_EQ(job->place(), "10.0.0.7:29500");
  EXPECT_FALSE(job->launcher_has_store);
}

TEST(Job, UsesTheStoreOfTorchrunsAgentAndTellsItsAttemptsApart) {
  Variables variables = with(with(kTorchrun, "TORCHELASTIC_USE_AGENT_STORE", "True"), "TORCHELASTIC_RUN_ID", "x");
  const auto first = job_of(with(variables, "TORCHELASTIC_RESTART_COUNT", "0"));
  const auto second = job_of(with(variables, "TORCHELASTIC_RESTART_COUNT", "1"));
  EXPECT_TRUE(first->launcher_has_store);
  EXPECT_NE(first->attempt, second->attempt);
}

TEST(Job, OfSlurmsStepMeetsOnTheFirstNodeOfItsList) {
  const Variables variables = {{"SLURM_PROCID", "3"},
                               {"SLURM_NTASKS", "4"},
                               {"SLURM_LOCALID", "1"},
                               {"SLURM_NODEID", "1"},
                               {"SLURM_JOB_ID", "123456"},
                               {"SLURM_STEP_ID", "0"},
                               {"SLURM_STEP_NODELIST", "gpu[07,09-10]"},
                               {"SLURM_STEP_TASKS_PER_NODE", "2(x2)"}};
  const auto job = job_of(variables);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->launcher, "srun");
  EXPECT_EQ(job->rank, 3);
  EXPECT_EQ(job->num_local_ranks, 2);
  EXPECT_EQ(job->place(), "gpu07:18456");
  EXPECT_EQ(job_of(with(variables, "MASTER_PORT", "4000"))->port, 4000);
  EXPECT_EQ(job_of(with(variables, "SLURM_STEP_NUM_TASKS", "5"))->num_ranks, 5) << "an interactive step's";
  EXPECT_NE(job_of(with(variables, "SLURM_STEP_ID", "1"))->attempt, job->attempt);
}

TEST(Job, OfMpirunOnOneHostNeedsNoAddress) {
  Variables variables = {{"OMPI_COMM_WORLD_RANK", "1"},
                         {"OMPI_COMM_WORLD_SIZE", "4"},
                         {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                         {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"}};
  EXPECT_EQ(job_of(variables)->address, "127.0.0.1");
  variables["OMPI_COMM_WORLD_LOCAL_SIZE"] = "2";
  EXPECT_ERROR(job_of(variables), ErrorKind::kUsage, "-x MASTER_ADDR=HOST");
  variables["MASTER_ADDR"] = "node1";
  EXPECT_EQ(job_of(variables)->address, "node1");
}

TEST(Job, NamesTheVariableThatMakesNoSense) {
  EXPECT_ERROR(job_of(with(kTorchrun, "RANK", "6")), ErrorKind::kUsage, "RANK is \"6\"");
  EXPECT_ERROR(job_of(with(kTorchrun, "RANK", "-1")), ErrorKind::kUsage, "RANK is \"-1\"");
  EXPECT_ERROR(job_of(with(kTorchrun, "WORLD_SIZE", "two")), ErrorKind::kUsage, "WORLD_SIZE is \"two\"");
  EXPECT_ERROR(job_of(with(kTorchrun, "MASTER_PORT", "65536")), ErrorKind::kUsage, "MASTER_PORT is \"65536\"");
  Variables without = kTorchrun;
  without.erase("MASTER_ADDR");
  EXPECT_ERROR(job_of(without), ErrorKind::kUsage, "MASTER_ADDR is not set in the environment, which has RANK");
  EXPECT_ERROR(job_of({{"RANK", "0"}}), ErrorKind::kUsage, "WORLD_SIZE is not set in the environment, which has RANK");
  EXPECT_ERROR(job_of({{"WORLD_SIZE", "2"}}), ErrorKind::kUsage, "RANK is not set in the environment, which has WORLD");
}

TEST(Job, FindsTheFirstHostOfEveryKindOfList) {
  EXPECT_EQ(first_host("login"), "login");
  EXPECT_EQ(first_host("a1,b2"), "a1");
  EXPECT_EQ(first_host("gpu[03-05,9],login"), "gpu03");
  EXPECT_EQ(first_host("gpu[3]"), "gpu3");
  EXPECT_EQ(first_host("rack[2-3]-node"), "rack2-node");
  EXPECT_EQ(first_host("a,rack[2-3]"), "a");
  EXPECT_ERROR(first_host("gpu[3"), ErrorKind::kUsage, "] is missing");
}

TEST(Job, CountsTheTasksOfEachNode) {
  EXPECT_EQ(tasks_of_node("4", 0), 4);
  EXPECT_EQ(tasks_of_node("2(x3),1", 0), 2);
  EXPECT_EQ(tasks_of_node("2(x3),1", 2), 2);
  EXPECT_EQ(tasks_of_node("2(x3),1", 3), 1);
  for (const char* text : {"2(x3),1", "", "2(x", "x", "2(x3"}) {
    EXPECT_ERROR(tasks_of_node(text, 4), ErrorKind::kUsage, "SLURM_STEP_TASKS_PER_NODE");
  }
}

}  // namespace
}  // namespace bertforge
