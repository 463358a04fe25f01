/** Materials for a renderer without a graphics card. */

import { Mesh, MeshLambertMaterial, MeshStandardMaterial, type Object3D } from 'three';

/** Put matte materials of the same colours in place of the physical ones under `root`, which are freed. */
export function makeMatte(root: Object3D): void {
  root.traverse((node) => {
    if (!(node instanceof Mesh) || !(node.material instanceof MeshStandardMaterial)) return;
    const { color, map, vertexColors, side, transparent, opacity, alphaTest, depthWrite } = node.material;
    node.material.dispose();
    node.material = new MeshLambertMaterial({
      color,
      map,
      vertexColors,
      side,
      transparent,
      opacity,
      alphaTest,
      depthWrite,
    });
  });
}
