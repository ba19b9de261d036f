// Trains in a folder (argument 1) until it ends or is killed; says "step N" on standard output after each epoch. Argument 2: resume or fresh.
import { folderStore } from '../../src/files/index.ts'
import { trainEmbedder } from '../../src/train/index.ts'
import { tinyTraining } from './tiny-training.ts'

const [runFolder, how] = process.argv.slice(2)
await trainEmbedder({
  ...(await tinyTraining()),
  epochs: 400,
  stepsPerEpoch: 1,
  schedule: undefined,
  store: folderStore(runFolder),
  resume: how === 'resume',
  onEpoch: ({ step }) => void process.stdout.write(`step ${step}\n`),
})
