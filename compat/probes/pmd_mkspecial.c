// Linux kernel ("mm: introduce ARCH_SUPPORTS_HUGE_PFNMAP and special bits to pmd/pud") (in v6.12)
#include <linux/mm.h>

pmd_t probe(pmd_t pmd);
pmd_t probe(pmd_t pmd)
{
	return pmd_mkspecial(pmd);
}
