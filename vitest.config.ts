import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    setupFiles: ['test/support/setup.ts'],
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 300_000,
    // ONNX Runtime and sharp bring their own threads: more workers than cores only fight.
    maxWorkers: 2,
    pool: 'forks',
  },
})
