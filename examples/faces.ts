// Which face is most like each face? On the sample photos; pass a folder of your own: tsx examples/faces.ts photos/
import { nearest } from 'kindred/neighbours'
import { embedFolder, samplePhotos } from 'kindred/people'
import { defaultRuntime } from 'kindred/runtime'

const folder = process.argv[2] ?? samplePhotos()
const { records, vectors, dim } = await embedFolder(folder, { out: 'runs/example-faces', runtime: await defaultRuntime() })
const { indices, distances } = nearest(vectors, vectors, dim, 2) // the first is the face itself
for (const [i, { source, face }] of records.entries()) {
  const other = records[indices[2 * i + 1]]
  console.log(
    `${source}, face ${face + 1}: most like ${other.source}, face ${other.face + 1} (distance ${distances[2 * i + 1].toFixed(2)})`,
  )
}
