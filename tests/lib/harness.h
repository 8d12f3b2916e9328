/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test harness with the names and the grammar of the kernel's kselftest_harness.h: what compiles
 * here compiles there, which "make conformance" tries with each program.  What tests share besides
 * is in util.h.
 *
 * Every test runs in a child of its own, under a time limit, and prints one line of TAP.  A failed
 * ASSERT ends the test (after the fixture's teardown), a failed EXPECT does not.  Either may be
 * followed by a block that runs only on failure:
 *
 *	ASSERT_EQ(0, ret) { TH_LOG("the device said %s", text); }
 *
 * Each is two statements, as in the kernel: put braces around one that is the body of an if or of a
 * loop when a block or an else follows.
 */
#ifndef TESTS_LIB_HARNESS_H
#define TESTS_LIB_HARNESS_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* EXPECT_EQ(0, info.size) compares an int with what is unsigned, and means it. */
#pragma GCC diagnostic ignored "-Wsign-compare"

#define TEST_TIMEOUT_DEFAULT 30 /* seconds */

struct __test_metadata {
	const char *fixture, *variant_name, *name;
	void (*run)(struct __test_metadata *metadata, const void *variant);
	void (*teardown)(struct __test_metadata *metadata, void *self, const void *variant);
	const void *variant;
	size_t self_size;
	unsigned int timeout;
	bool failed, skipped;
	bool trigger; /* a check has failed, and what follows it is to run */
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
void __test_fail(struct __test_metadata *metadata, const char *file, int line, const char *want,
		 long long want_value, const char *op, const char *seen, long long seen_value);
void __test_fail_str(struct __test_metadata *metadata, const char *file, int line, const char *want,
		     const char *want_value, const char *op, const char *seen,
		     const char *seen_value);
void __test_after_fail(struct __test_metadata *metadata, bool fatal);

#define TH_LOG(fmt, ...) __test_diag(_metadata, __FILE__, __LINE__, fmt, ##__VA_ARGS__)

/* statement: what leaves the test, normally "return". */
#define SKIP(statement, fmt, ...)                                                           \
	do {                                                                                \
		snprintf(_metadata->reason, sizeof(_metadata->reason), fmt, ##__VA_ARGS__); \
		_metadata->skipped = true;                                                  \
		statement;                                                                  \
	} while (0)

#define TEST(test_name)                                                                        \
	static void test_name(struct __test_metadata *_metadata);                              \
	static void __run_##test_name(struct __test_metadata *_metadata, const void *_variant) \
	{                                                                                      \
		(void)_variant;                                                                \
		if (!sigsetjmp(_metadata->out, 1))                                             \
			test_name(_metadata);                                                  \
	}                                                                                      \
	static struct __test_metadata __meta_##test_name = {                                   \
		.name = #test_name,                                                            \
		.run = __run_##test_name,                                                      \
		.timeout = TEST_TIMEOUT_DEFAULT,                                               \
	};                                                                                     \
	static void __attribute__((constructor)) __add_##test_name(void)                       \
	{                                                                                      \
		__test_register(&__meta_##test_name);                                          \
	}                                                                                      \
	static void test_name(struct __test_metadata __attribute__((unused)) * _metadata)

#define FIXTURE_DATA(fixture) struct _test_data_##fixture

/* A fixture without variants has an empty variant type that is never read. */
#define FIXTURE(fixture)          \
	FIXTURE_VARIANT(fixture); \
	FIXTURE_DATA(fixture)

#define FIXTURE_VARIANT(fixture) struct _fixture_variant_##fixture

#define FIXTURE_SETUP(fixture)                                                      \
	static void __attribute__((unused))                                         \
	fixture##_setup(struct __test_metadata __attribute__((unused)) * _metadata, \
			FIXTURE_DATA(fixture) __attribute__((unused)) * self,       \
			const FIXTURE_VARIANT(fixture) __attribute__((unused)) * variant)

#define FIXTURE_TEARDOWN(fixture)                                                      \
	static void __attribute__((unused))                                            \
	fixture##_teardown(struct __test_metadata __attribute__((unused)) * _metadata, \
			   FIXTURE_DATA(fixture) __attribute__((unused)) * self,       \
			   const FIXTURE_VARIANT(fixture) __attribute__((unused)) * variant)

#define FIXTURE_VARIANT_ADD(fixture_name, variant_name)                                        \
	extern const FIXTURE_VARIANT(fixture_name) _##fixture_name##_##variant_name##_variant; \
	static void __attribute__((constructor)) __add_##fixture_name##_##variant_name(void)   \
	{                                                                                      \
		static struct __variant_metadata v = {                                         \
			.fixture = #fixture_name,                                              \
			.name = #variant_name,                                                 \
			.data = &_##fixture_name##_##variant_name##_variant,                   \
		};                                                                             \
		__variant_register(&v);                                                        \
	}                                                                                      \
	const FIXTURE_VARIANT(fixture_name) _##fixture_name##_##variant_name##_variant =

#define TEST_F(fixture, test_name) TEST_F_TIMEOUT(fixture, test_name, TEST_TIMEOUT_DEFAULT)
#define TEST_F_TIMEOUT(fixture_name, test_name, seconds)                                  \
	static void fixture_name##_##test_name(                                           \
		struct __test_metadata *_metadata, FIXTURE_DATA(fixture_name) * self,     \
		const FIXTURE_VARIANT(fixture_name) * variant);                           \
	static void __run_##fixture_name##_##test_name(struct __test_metadata *_metadata, \
						       const void *variant)               \
	{                                                                                 \
		static FIXTURE_DATA(fixture_name) self;                                   \
                                                                                          \
		if (!sigsetjmp(_metadata->out, 1)) {                                      \
			fixture_name##_setup(_metadata, &self, variant);                  \
			if (!_metadata->skipped && !_metadata->failed)                    \
				fixture_name##_##test_name(_metadata, &self, variant);    \
		}                                                                         \
		if (!sigsetjmp(_metadata->out, 1))                                        \
			fixture_name##_teardown(_metadata, &self, variant);               \
	}                                                                                 \
	static struct __test_metadata __meta_##fixture_name##_##test_name = {             \
		.fixture = #fixture_name,                                                 \
		.name = #test_name,                                                       \
		.run = __run_##fixture_name##_##test_name,                                \
		.timeout = seconds,                                                       \
	};                                                                                \
	static void __attribute__((constructor)) __add_##fixture_name##_##test_name(void) \
	{                                                                                 \
		__test_register(&__meta_##fixture_name##_##test_name);                    \
	}                                                                                 \
	static void fixture_name##_##test_name(                                           \
		struct __test_metadata __attribute__((unused)) * _metadata,               \
		FIXTURE_DATA(fixture_name) __attribute__((unused)) * self,                \
		const FIXTURE_VARIANT(fixture_name) __attribute__((unused)) * variant)

#define TEST_HARNESS_MAIN                          \
	int main(int argc, char **argv)            \
	{                                          \
		return __harness_main(argc, argv); \
	}

/* What the user may write a block after; it runs, and then the failure is dealt with. */
#define __ON_FAILURE(fatal) \
	for (; _metadata->trigger; __test_after_fail(_metadata, fatal))

#define __CHECK(want, op, seen, fatal)                                                         \
	do {                                                                                   \
		__typeof__(want) __w = (want);                                                 \
		__typeof__(seen) __s = (seen);                                                 \
                                                                                               \
		if (!(__w op __s))                                                             \
			__test_fail(_metadata, __FILE__, __LINE__, #want, (long long)__w, #op, \
				    #seen, (long long)__s);                                    \
	} while (0);                                                                           \
	__ON_FAILURE(fatal)

#define __CHECK_STR(want, equal, seen, fatal)                                      \
	do {                                                                       \
		const char *__w = (want), *__s = (seen);                           \
                                                                                   \
		if ((strcmp(__w, __s) == 0) != (equal))                            \
			__test_fail_str(_metadata, __FILE__, __LINE__, #want, __w, \
					(equal) ? "==" : "!=", #seen, __s);        \
	} while (0);                                                               \
	__ON_FAILURE(fatal)

#define ASSERT_EQ(want, seen)	 __CHECK(want, ==, seen, true)
#define ASSERT_NE(want, seen)	 __CHECK(want, !=, seen, true)
#define ASSERT_LT(want, seen)	 __CHECK(want, <, seen, true)
#define ASSERT_LE(want, seen)	 __CHECK(want, <=, seen, true)
#define ASSERT_GT(want, seen)	 __CHECK(want, >, seen, true)
#define ASSERT_GE(want, seen)	 __CHECK(want, >=, seen, true)
#define ASSERT_TRUE(seen)	 __CHECK(0, !=, seen, true)
#define ASSERT_FALSE(seen)	 __CHECK(0, ==, seen, true)
#define ASSERT_NULL(seen)	 __CHECK(NULL, ==, seen, true)
#define ASSERT_STREQ(want, seen) __CHECK_STR(want, true, seen, true)
#define ASSERT_STRNE(want, seen) __CHECK_STR(want, false, seen, true)

#define EXPECT_EQ(want, seen)	 __CHECK(want, ==, seen, false)
#define EXPECT_NE(want, seen)	 __CHECK(want, !=, seen, false)
#define EXPECT_LT(want, seen)	 __CHECK(want, <, seen, false)
#define EXPECT_LE(want, seen)	 __CHECK(want, <=, seen, false)
#define EXPECT_GT(want, seen)	 __CHECK(want, >, seen, false)
#define EXPECT_GE(want, seen)	 __CHECK(want, >=, seen, false)
#define EXPECT_TRUE(seen)	 __CHECK(0, !=, seen, false)
#define EXPECT_FALSE(seen)	 __CHECK(0, ==, seen, false)
#define EXPECT_NULL(seen)	 __CHECK(NULL, ==, seen, false)
#define EXPECT_STREQ(want, seen) __CHECK_STR(want, true, seen, false)
#define EXPECT_STRNE(want, seen) __CHECK_STR(want, false, seen, false)

#endif
