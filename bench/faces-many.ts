/**
 * @file Thousands of real photos in one run: memory and bytes written while it goes, and the same run killed with SIGKILL at random moments and continued,
 * whose results must be those of the undisturbed one.
 *
 * The photos are made from a folder of folders of people by `many-photos.ts`. One person's photos are alike, so recognition figures mean little here; they must
 * be equal.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { KindredError, rng } from '../src/base/index.ts'
import { facesLife, killedRun, outcome, type FacesLife } from '../test/support/killed-run.ts'
import { makeManyPhotos } from './many-photos.ts'
import { exchangeFolder, machine, table, type Benchmark } from './peer.ts'

/** Runs the benchmark: `DIR --photos 2000 --kills 6 --seed 0 --detector ssd --threads 2`. */
export const run: Benchmark = async (argv) => {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      photos: { type: 'string', default: '2000' },
      kills: { type: 'string', default: '6' },
      seed: { type: 'string', default: '0' },
      detector: { type: 'string', default: 'ssd' },
      threads: { type: 'string', default: String(machine().cores) },
      folder: { type: 'string' },
    },
  })
  if (positionals.length !== 1)
    throw new KindredError('usage', 'bench', 'faces-many needs a folder of folders of people', `${positionals.length} folders`)
  const [photos, kills, seed] = [Number(values.photos), Number(values.kills), Number(values.seed)]
  const folder = values.folder ?? exchangeFolder()
  const many = join(folder, 'photos')
  console.error(`making ${photos} photos`)
  await makeManyPhotos(positionals[0], many, photos, seed)
  const words = ['--detector', values.detector, '--threads', values.threads]

  console.error('the undisturbed run')
  const whole = join(folder, 'whole')
  const undisturbed = await facesLife(many, whole, words)
  if (undisturbed.code !== 0) throw new KindredError('io', 'bench', 'the undisturbed run must succeed', undisturbed.stderr)
  const marks = [0.25, 0.5, 0.75, 1].map((share) => after(undisturbed, share * photos))
  table(marks.map(({ done, rss, written }) => ({ 'photos done': done, 'RSS MB': Math.round(rss), 'MB written': written / 1e6 })))

  console.error(`the run that is killed up to ${kills} times`)
  const hurt = join(folder, 'hurt')
  const lives = await killedRun(many, hurt, words, { kills, count: photos, random: rng(seed).fork('kills') })
  lives.forEach(({ killed, seen }, i) =>
    console.error(`life ${i + 1}: ${killed ? 'killed' : 'ended'} at ${seen.at(-1)?.task} ${seen.at(-1)?.done}`),
  )
  const [expected, got] = [outcome(whole), outcome(hurt)]
  const different = [...new Set([...Object.keys(expected), ...Object.keys(got)])].filter((name) => expected[name] !== got[name])
  if (different.length > 0) console.error(`different: ${different.slice(0, 10).join(', ')}`)
  return {
    ratio: marks[3].rss / marks[0].rss, // memory at the last photo beside that at a quarter of them
    photos,
    rssMB: Object.fromEntries(marks.map(({ done, rss }) => [done, Math.round(rss)])),
    peakRssMB: Math.round(undisturbed.seen.reduce((most, { rss }) => Math.max(most, rss), 0)),
    writtenMB: Object.fromEntries(marks.map(({ done, written }) => [done, Math.round(written / 1e5) / 10])),
    writtenInAllMB: Math.round(undisturbed.seen.reduce((most, { written }) => Math.max(most, written), 0) / 1e5) / 10,
    cpuSeconds: undisturbed.cpuSeconds,
    killed: lives.filter((life) => life.killed).length,
    different: different.length,
    ...machine(),
  }
}

/** The first line of progress with so many photos done. */
function after({ seen }: FacesLife, photos: number) {
  return seen.find(({ task, done }) => task === 'faces' && done >= photos) ?? seen.at(-1)!
}
