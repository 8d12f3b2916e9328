/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test harness with the names of the kernel's kselftest_harness.h, so that a test can move there.
 *
 * Every test runs in a child of its own, under a time limit, and prints one line of TAP. A failed
 *ASSERT ends the test (after the fixture's teardown), a failed EXPECT does not. Either may be
 *followed by a block that runs only on failure:
 *
 *	ASSERT_EQ(0, ret) { TH_LOG("the device said %s", text); }
 */
#ifndef TESTS_LIB_HARNESS_H
#define TESTS_LIB_HARNESS_H

#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* EXPECT_EQ(0, info.size) compares an int with what is unsigned, and means it. */
#pragma GCC diagnostic ignored "-Wsign-compare"

#define TEST_TIMEOUT_DEFAULT 30 /* seconds */

/*
 * How many times slower than a distribution's this kernel is, 1 or more: TEST_SLOWDOWN from the
 * environment. Tests get so many times longer, and what they do over and over they do so many times
 * less often.
 */
unsigned int test_slowdown(void);

/* Seconds since some moment, which is the same for all processes. */
double test_now(void);

/* Where a test starts to roll dice: SEED from the environment, else another one each time. */
unsigned int test_seed(void);

struct __test_metadata {
	const char *fixture, *variant_name, *name;
	void (*run)(struct __test_metadata *metadata, const void *variant);
	void (*teardown)(struct __test_metadata *metadata, void *self, const void *variant);
	const void *variant;
	size_t self_size;
	unsigned int timeout;
	bool failed, skipped;
	char reason[256];
	sigjmp_buf out;
	struct __test_metadata *next;
};

struct __variant_metadata {
	const char *fixture, *name;
	const void *data;
	struct __variant_metadata *next;
};

void __test_register(struct __test_metadata *metadata);
void __variant_register(struct __variant_metadata *metadata);
int __harness_main(int argc, char **argv);
void __test_diag(struct __test_metadata *metadata, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool __test_fail(struct __test_metadata *metadata, const char *file, int line, const char *want,
		 long long want_value, const char *op, const char *seen, long long seen_value);
bool __test_fail_str(struct __test_metadata *metadata, const char *file, int line, const char *want,
		     const char *want_value, const char *op, const char *seen,
		     const char *seen_value);
bool __test_after_fail(struct __test_metadata *metadata, bool fatal);

#define TH_LOG(fmt, ...) __test_diag(_metadata, __FILE__, __LINE__, fmt, ##__VA_ARGS__)

/* statement: what leaves the test, normally "return". */
#define SKIP(statement, fmt, ...)                                                           \
	do {                                                                                \
		snprintf(_metadata->reason, sizeof(_metadata->reason), fmt, ##__VA_ARGS__); \
		_metadata->skipped = true;                                                  \
		statement;                                                                  \
	} while (0)

#define TEST(test_name) TEST_TIMEOUT(test_name, TEST_TIMEOUT_DEFAULT)
#define TEST_TIMEOUT(test_name, seconds)                                                       \
	static void __body_##test_name(struct __test_metadata *_metadata);                     \
	static void __run_##test_name(struct __test_metadata *_metadata, const void *_variant) \
	{                                                                                      \
		(void)_variant;                                                                \
		if (!sigsetjmp(_metadata->out, 1))                                             \
			__body_##test_name(_metadata);                                         \
	}                                                                                      \
	static struct __test_metadata __meta_##test_name = {                                   \
		.name = #test_name,                                                            \
		.run = __run_##test_name,                                                      \
		.timeout = seconds,                                                            \
	};                                                                                     \
	static void __attribute__((constructor)) __add_##test_name(void)                       \
	{                                                                                      \
		__test_register(&__meta_##test_name);                                          \
	}                                                                                      \
	static void __body_##test_name(struct __test_metadata __attribute__((unused)) * _metadata)

/* A fixture without variants has an empty variant type that nobody looks into. */
#define FIXTURE(fixture)            \
	struct __variant_##fixture; \
	struct __self_##fixture

#define FIXTURE_VARIANT(fixture) struct __variant_##fixture

#define FIXTURE_SETUP(fixture)                                                        \
	static void __attribute__((unused))                                           \
	__setup_##fixture(struct __test_metadata __attribute__((unused)) * _metadata, \
			  struct __self_##fixture __attribute__((unused)) * self,     \
			  const struct __variant_##fixture __attribute__((unused)) * variant)

#define FIXTURE_TEARDOWN(fixture)                                                        \
	static void __attribute__((unused))                                              \
	__teardown_##fixture(struct __test_metadata __attribute__((unused)) * _metadata, \
			     struct __self_##fixture __attribute__((unused)) * self,     \
			     const struct __variant_##fixture __attribute__((unused)) * variant)

#define FIXTURE_VARIANT_ADD(fixture_name, variant_name)                                       \
	extern const struct __variant_##fixture_name __data_##fixture_name##_##variant_name;  \
	static void __attribute__((constructor)) __vadd_##fixture_name##_##variant_name(void) \
	{                                                                                     \
		static struct __variant_metadata v = {                                        \
			.fixture = #fixture_name,                                             \
			.name = #variant_name,                                                \
			.data = &__data_##fixture_name##_##variant_name,                      \
		};                                                                            \
		__variant_register(&v);                                                       \
	}                                                                                     \
	const struct __variant_##fixture_name __data_##fixture_name##_##variant_name =

#define TEST_F(fixture, test_name) TEST_F_TIMEOUT(fixture, test_name, TEST_TIMEOUT_DEFAULT)
#define TEST_F_TIMEOUT(fixture_name, test_name, seconds)                                        \
	static void __body_##fixture_name##_##test_name(                                        \
		struct __test_metadata *_metadata, struct __self_##fixture_name *self,          \
		const struct __variant_##fixture_name *variant);                                \
	static void __run_##fixture_name##_##test_name(struct __test_metadata *_metadata,       \
						       const void *variant)                     \
	{                                                                                       \
		static struct __self_##fixture_name self;                                       \
                                                                                                \
		if (!sigsetjmp(_metadata->out, 1)) {                                            \
			__setup_##fixture_name(_metadata, &self, variant);                      \
			if (!_metadata->skipped && !_metadata->failed)                          \
				__body_##fixture_name##_##test_name(_metadata, &self, variant); \
		}                                                                               \
		if (!sigsetjmp(_metadata->out, 1))                                              \
			__teardown_##fixture_name(_metadata, &self, variant);                   \
	}                                                                                       \
	static struct __test_metadata __meta_##fixture_name##_##test_name = {                   \
		.fixture = #fixture_name,                                                       \
		.name = #test_name,                                                             \
		.run = __run_##fixture_name##_##test_name,                                      \
		.timeout = seconds,                                                             \
	};                                                                                      \
	static void __attribute__((constructor)) __add_##fixture_name##_##test_name(void)       \
	{                                                                                       \
		__test_register(&__meta_##fixture_name##_##test_name);                          \
	}                                                                                       \
	static void __body_##fixture_name##_##test_name(                                        \
		struct __test_metadata __attribute__((unused)) * _metadata,                     \
		struct __self_##fixture_name __attribute__((unused)) * self,                    \
		const struct __variant_##fixture_name __attribute__((unused)) * variant)

#define TEST_HARNESS_MAIN                          \
	int main(int argc, char **argv)            \
	{                                          \
		return __harness_main(argc, argv); \
	}

/* A for loop, so that a block written after the macro becomes its body and runs only on failure. */
#define __CHECK(want, op, seen, fatal)                                                  \
	for (bool __bad = ({                                                            \
		     __auto_type __w = (want);                                          \
		     __auto_type __s = (seen);                                          \
		     !(__w op __s) && __test_fail(_metadata, __FILE__, __LINE__, #want, \
						  (long long)(intptr_t)__w, #op, #seen, \
						  (long long)(intptr_t)__s);            \
	     });                                                                        \
	     __bad; __bad = __test_after_fail(_metadata, fatal))

#define __CHECK_STR(want, equal, seen, fatal)                                           \
	for (bool __bad = ({                                                            \
		     const char *__w = (want), *__s = (seen);                           \
		     (strcmp(__w, __s) == 0) != (equal) &&                              \
			     __test_fail_str(_metadata, __FILE__, __LINE__, #want, __w, \
					     (equal) ? "==" : "!=", #seen, __s);        \
	     });                                                                        \
	     __bad; __bad = __test_after_fail(_metadata, fatal))

#define ASSERT_EQ(want, seen)	 __CHECK(want, ==, seen, true)
#define ASSERT_NE(want, seen)	 __CHECK(want, !=, seen, true)
#define ASSERT_LT(want, seen)	 __CHECK(want, <, seen, true)
#define ASSERT_LE(want, seen)	 __CHECK(want, <=, seen, true)
#define ASSERT_GT(want, seen)	 __CHECK(want, >, seen, true)
#define ASSERT_GE(want, seen)	 __CHECK(want, >=, seen, true)
#define ASSERT_TRUE(seen)	 __CHECK(false, !=, !!(seen), true)
#define ASSERT_FALSE(seen)	 __CHECK(false, ==, !!(seen), true)
#define ASSERT_NULL(seen)	 __CHECK((void *)NULL, ==, (void *)(seen), true)
#define ASSERT_STREQ(want, seen) __CHECK_STR(want, true, seen, true)
#define ASSERT_STRNE(want, seen) __CHECK_STR(want, false, seen, true)

#define EXPECT_EQ(want, seen)	 __CHECK(want, ==, seen, false)
#define EXPECT_NE(want, seen)	 __CHECK(want, !=, seen, false)
#define EXPECT_LT(want, seen)	 __CHECK(want, <, seen, false)
#define EXPECT_LE(want, seen)	 __CHECK(want, <=, seen, false)
#define EXPECT_GT(want, seen)	 __CHECK(want, >, seen, false)
#define EXPECT_GE(want, seen)	 __CHECK(want, >=, seen, false)
#define EXPECT_TRUE(seen)	 __CHECK(false, !=, !!(seen), false)
#define EXPECT_FALSE(seen)	 __CHECK(false, ==, !!(seen), false)
#define EXPECT_NULL(seen)	 __CHECK((void *)NULL, ==, (void *)(seen), false)
#define EXPECT_STREQ(want, seen) __CHECK_STR(want, true, seen, false)
#define EXPECT_STRNE(want, seen) __CHECK_STR(want, false, seen, false)

/* The result of a system call as the kernel gave it: the value, or -errno. */
static inline long sys(long ret)
{
	return ret < 0 ? -errno : ret;
}

#endif
