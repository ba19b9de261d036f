/** @file Before every test file: property tests draw the same cases in every run. FAST_CHECK_SEED=N draws others; a failure says its seed. */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 1) })
