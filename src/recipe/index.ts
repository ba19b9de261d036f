/** @file Room `recipe`: what made a vector. One canonical form, its hash, comparison and description. */
export { assertSameRecipe, canonicalJson, describeRecipe, recipeHash, sameRecipe, type Recipe } from './recipe.ts'
