/** The weights of a model's morph targets: several shapes may share a target, and the processor may do the morphing. */

import type { Mesh } from 'three';

import type { MorphTarget } from './morph_bindings';
import { ProcessorMorph } from './processor_morph';

export class MorphWeights {
  private readonly influences = new Map<Mesh, number[]>();
  private processors: { readonly morph: ProcessorMorph; readonly influences: number[] }[] = [];

  constructor(meshes: readonly Mesh[]) {
    for (const mesh of meshes) this.influences.set(mesh, mesh.morphTargetInfluences!);
  }

  clear(): void {
    for (const influences of this.influences.values()) influences.fill(0);
  }

  add(targets: readonly MorphTarget[], weight: number): void {
    for (const { mesh, target } of targets) {
      const influences = this.influences.get(mesh)!;
      influences[target] = influences[target]! + weight;
    }
  }

  /** Hand the weights to whoever morphs. */
  apply(): void {
    for (const { morph, influences } of this.processors) {
      morph.weights.set(influences);
      morph.apply();
    }
  }

  /** Morph on the processor from now on. The meshes keep their influences: expressions write into them. */
  useProcessor(): void {
    if (this.processors.length > 0) return;
    this.processors = [...this.influences].map(([mesh, influences]) => {
      const morph = new ProcessorMorph(mesh);
      mesh.morphTargetInfluences = influences;
      return { morph, influences };
    });
  }
}
