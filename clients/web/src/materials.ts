/** Materials for a renderer without a graphics card. */

import { Color, Mesh, MeshLambertMaterial, MeshPhysicalMaterial, MeshStandardMaterial, type Object3D } from 'three';

/** What a soft bright room adds to any surface that is not a hole: a dielectric mirrors some four percent of it. */
const MIRRORED = 0.02;
/** How much of a sheen is seen from in front, where it is weakest. */
const SHEEN = 0.2;

/** The light a physical material would give back beyond its matte colour, as a colour to add. */
function gleam(material: MeshStandardMaterial): Color {
  if (!(material instanceof MeshPhysicalMaterial)) return new Color().setScalar(MIRRORED);
  const mirrored = MIRRORED * material.specularIntensity;
  return material.sheenColor
    .clone()
    .multiplyScalar(SHEEN * material.sheen)
    .addScalar(mirrored);
}

/** Put matte materials of the same colours in place of the physical ones under `root`, which are freed. */
export function makeMatte(root: Object3D): void {
  root.traverse((node) => {
    if (!(node instanceof Mesh) || !(node.material instanceof MeshStandardMaterial)) return;
    const emissive = gleam(node.material);
    const { color, map, vertexColors, side, transparent, opacity, alphaTest, depthWrite } = node.material;
    node.material.dispose();
    node.material = new MeshLambertMaterial({
      color,
      emissive,
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
