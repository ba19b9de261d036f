// Draws vectors as a map in which alike ones lie side by side: 1,000 digits by their raw pixels, as SVG.
import { mkdirSync, writeFileSync } from 'node:fs'
import { take } from 'kindred/dataset'
import { loadMnist } from 'kindred/digits'
import { embeddingMap } from 'kindred/plots'
import { project } from 'kindred/projection'

const { images, labels, classes, count } = take(await loadMnist({ split: 'test' }), 1000, { seed: 0 })
const pixels = Float32Array.from(images, (v) => v / 255)
const { positions } = await project(pixels, pixels.length / count, { seed: 0, iterations: 500 })
mkdirSync('runs/example-map', { recursive: true })
writeFileSync('runs/example-map/map.svg', embeddingMap(positions, labels, classes, { title: '1,000 digits by their pixels' }))
console.log('runs/example-map/map.svg')
