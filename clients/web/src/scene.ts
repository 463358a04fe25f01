/** The studio the face sits in: soft light, a camera that frames the face on any screen, and drawing. */

import { Mesh, NeutralToneMapping, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from 'three';

import type { Avatar } from './avatar';
import { light } from './lighting';
import type { Finish } from './page_params';
import { Problem } from './problems';
import { Quality } from './quality';

/** A long lens: a face seen from close by is all nose. */
const FIELD_OF_VIEW = 20;
/** What must be in the picture, in pupil distances (63 mm): the head with some air, down to the chest. */
const ABOVE_EYES = 1.85;
const BELOW_EYES = 2.7;
const WIDTH = 3.5;

export interface DrawingCost {
  /** Pictures drawn so far. */
  readonly pictures: number;
  readonly drawCalls: number;
  readonly triangles: number;
  /** Of all visible meshes. */
  readonly vertices: number;
  /** What the graphics card holds. */
  readonly geometries: number;
  readonly textures: number;
  readonly programs: number;
  /** Drawn by the processor. */
  readonly software: boolean;
  readonly pixelRatio: number;
}

export class StudioScene {
  readonly camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.1, 100);
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly quality: Quality;
  /** Drawn by the processor: a plainer picture in a fifth of the time. */
  readonly software: boolean;
  private face: Avatar | null = null;
  private readonly target = new Vector3();
  private reservedPx = 0;

  /** @throws Problem `no_webgl`. */
  constructor(
    readonly canvas: HTMLCanvasElement,
    finish: Finish = 'auto',
  ) {
    this.software = finish === 'auto' ? drawsInSoftware() : finish === 'plain';
    try {
      this.renderer = new WebGLRenderer({
        canvas,
        antialias: !this.software,
        alpha: true,
        powerPreference: 'high-performance',
      });
    } catch (error) {
      throw new Problem('no_webgl', error instanceof Error ? error.message : String(error));
    }
    this.quality = new Quality(window.devicePixelRatio, this.software, finish === 'full');
    this.renderer.toneMapping = NeutralToneMapping;
    this.renderer.toneMappingExposure = 1.05;
    light(this.scene, this.renderer, this.software);
  }

  /** Put a face into the studio in place of the one before. */
  show(face: Avatar): void {
    if (this.face !== null) {
      this.scene.remove(this.face.root);
      this.face.dispose();
    }
    this.face = face;
    if (this.software) face.simplify();
    this.scene.add(face.root);
    this.frame();
  }

  /** Fit the canvas's present size. */
  resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.renderer.setPixelRatio(this.quality.ratio);
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.camera.aspect = clientWidth / clientHeight;
    this.frame();
  }

  /** Draw one frame; `elapsedMs` since the one before (null after a pause) tells whether the machine keeps up. */
  draw(elapsedMs: number | null): void {
    if (elapsedMs !== null && this.quality.observe(elapsedMs)) this.resize();
    this.renderer.render(this.scene, this.camera);
  }

  /** What the last picture took, and what the graphics card holds. */
  get cost(): DrawingCost {
    const { render, memory, programs } = this.renderer.info;
    let vertices = 0;
    this.scene.traverseVisible((node) => {
      if (node instanceof Mesh) vertices += node.geometry.getAttribute('position').count;
    });
    const { geometries, textures } = memory;
    return {
      pictures: render.frame,
      drawCalls: render.calls,
      triangles: render.triangles,
      vertices,
      geometries,
      textures,
      programs: programs?.length ?? 0,
      software: this.software,
      pixelRatio: this.pixelRatio,
    };
  }

  /** Draw the present picture again and wait until its pixels are there; the time it took, ms. */
  timeDrawing(): number {
    const gl = this.renderer.getContext();
    const began = performance.now();
    this.renderer.render(this.scene, this.camera);
    // Reading a pixel back is what waits: `finish()` may return before the drawing process has drawn.
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    return performance.now() - began;
  }

  get pixelRatio(): number {
    return this.quality.ratio;
  }

  /** The lowest part of the canvas, in CSS pixels, that controls cover: the chest ends behind them. */
  reserve(bottomPx: number): void {
    this.reservedPx = bottomPx;
    this.frame();
  }

  /** Place the camera so that the whole face is in the picture above the controls, on wide screens and tall ones. */
  private frame(): void {
    const { clientWidth, clientHeight } = this.canvas;
    if (this.face === null || clientWidth === 0 || clientHeight === 0) return;
    const { middle, pupils } = this.face.measure();
    const usable = Math.max(clientHeight - this.reservedPx, clientHeight / 3);
    const unitsPerPx = pupils * Math.max((ABOVE_EYES + BELOW_EYES) / usable, WIDTH / clientWidth);
    const bottom = middle.y - BELOW_EYES * pupils - (clientHeight - usable) * unitsPerPx;
    const height = clientHeight * unitsPerPx;
    const distance = height / 2 / Math.tan((FIELD_OF_VIEW * Math.PI) / 360);
    this.target.set(middle.x, bottom + height / 2, middle.z);
    this.camera.position.set(this.target.x, this.target.y, middle.z + distance);
    this.camera.lookAt(this.target);
    this.camera.near = distance / 10;
    this.camera.far = distance * 10;
    this.camera.updateProjectionMatrix();
  }
}

/** Asked of a canvas of its own, since the answer decides how the real one is set up. */
function drawsInSoftware(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (gl === null) return false;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(info === null ? gl.RENDERER : info.UNMASKED_RENDERER_WEBGL));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}
