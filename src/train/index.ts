/** @file Room `train`: the training step as a graph, the loop around it, checkpoints. */
export { Stepper, trainStep, type Objective, type StepGraph, type TrainState, type TrainStepOptions } from './step.ts'
