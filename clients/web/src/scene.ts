/** The studio the face sits in: soft light, a camera that frames the face on any screen, and drawing. */

import { Box3, Euler, Mesh, NeutralToneMapping, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from 'three';

import type { Avatar, FaceMeasure } from './avatar';
import { FIELD_OF_VIEW, FRONT, clampOrbit, glide, shotOf, type CameraState, type Framing, type Orbit } from './shot';
import { light } from './lighting';
import type { Finish } from './page_params';
import { Problem } from './problems';
import { Quality } from './quality';

/** How far behind the eyes the head's middle is, in pupil distances. */
const ORBIT_DEPTH = 1.1;
/** Pupil distances above a model's lowest point where the picture may end. */
const FLOOR_MARGIN = 0.4;

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
  private framing: Framing = 'head';
  private orbit: Orbit = FRONT;
  private coveredBottom = 0;
  private coveredRight = 0;
  private spanned = false;
  /** Lowest point of the face's model, in the scene's units. */
  private floor = 0;
  private measure: FaceMeasure | null = null;
  private goal: CameraState | null = null;
  private shot: CameraState | null = null;
  private readonly pivot = new Vector3();
  private readonly still = matchMedia('(prefers-reduced-motion: reduce)');
  private readonly turned = new Euler(0, 0, 0, 'YXZ');

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
    this.measure = face.measure();
    // A bust's lower edge lies behind the plane of the eyes and so appears higher.
    this.floor = new Box3().setFromObject(face.root).min.y + FLOOR_MARGIN * this.measure.pupils;
    this.frame();
    this.settle();
  }

  /** Fit the canvas's present size. */
  resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.renderer.setPixelRatio(this.quality.ratio);
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.camera.aspect = clientWidth / clientHeight;
    this.frame();
    this.settle();
  }

  /** Draw one frame; `elapsedMs` since the one before (null after a pause) tells whether the machine keeps up. */
  draw(elapsedMs: number | null): void {
    if (elapsedMs !== null && this.quality.observe(elapsedMs)) this.resize();
    this.renderer.render(this.scene, this.camera);
  }

  /** The part of the canvas that no control covers, in the canvas's pixels. */
  get freeRegion(): { x: number; y: number; width: number; height: number } {
    const { canvas, coveredBottom, coveredRight } = this;
    const ratio = canvas.width / Math.max(1, canvas.clientWidth);
    return {
      x: Math.max(0, -coveredRight) * ratio,
      y: 0,
      width: canvas.width - Math.abs(coveredRight) * ratio,
      height: canvas.height - coveredBottom * ratio,
    };
  }

  /** Pictures drawn so far. */
  get pictures(): number {
    return this.renderer.info.render.frame;
  }

  /** Where the camera comes to rest: the picture's middle from between the eyes, in pupil distances; its scale, turn. */
  get cameraRest(): { x: number; y: number; pxPerPupil: number; yaw: number; pitch: number } | null {
    if (this.goal === null || this.measure === null) return null;
    const { middle, pupils } = this.measure;
    const { x, y, unitsPerPx, yaw, pitch } = this.goal;
    return { x: (x - middle.x) / pupils, y: (y - middle.y) / pupils, pxPerPupil: pupils / unitsPerPx, yaw, pitch };
  }

  /** Distance of the pupils on stage, in the scene's units; null before there is a face. */
  get pupils(): number | null {
    return this.measure?.pupils ?? null;
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

  /** The parts of the canvas, in CSS pixels, that controls cover; see `Picture`. */
  reserve(bottomPx: number, rightPx: number, spanned: boolean): void {
    if (bottomPx === this.coveredBottom && rightPx === this.coveredRight && spanned === this.spanned) return;
    this.spanned = spanned;
    this.coveredBottom = bottomPx;
    this.coveredRight = rightPx;
    this.frame();
  }

  /** Which part of the person fills the picture. */
  setFraming(framing: Framing): void {
    this.framing = framing;
    this.frame();
  }

  /** Look from a little further round; the camera glides there. */
  setOrbit(orbit: Orbit): void {
    this.orbit = clampOrbit(orbit);
    this.frame();
  }

  get orbitGoal(): Orbit {
    return this.orbit;
  }

  /** Let the camera glide on; returns whether the picture has changed by it. */
  advance(elapsedMs: number): boolean {
    if (this.goal === null || this.shot === null || this.shot === this.goal) return false;
    if (this.still.matches) this.shot = this.goal;
    else this.shot = glide(this.shot, this.goal, elapsedMs);
    this.place(this.shot);
    return true;
  }

  /** Be where the camera is going to, at once. */
  settle(): void {
    this.shot = this.goal;
    if (this.shot !== null) this.place(this.shot);
  }

  private frame(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (this.measure === null || width === 0 || height === 0) return;
    const { coveredBottom, coveredRight, spanned } = this;
    const shot = shotOf(this.framing, this.measure, this.floor, {
      width,
      height,
      coveredBottom,
      coveredRight,
      spanned,
    });
    this.goal = { ...shot, ...this.orbit };
    this.shot ??= this.goal;
  }

  private place({ x, y, unitsPerPx, yaw, pitch }: CameraState): void {
    if (this.measure === null) return;
    const { middle, pupils } = this.measure;
    const height = this.canvas.clientHeight * unitsPerPx;
    const distance = height / 2 / Math.tan((FIELD_OF_VIEW * Math.PI) / 360);
    // The head turns about a point behind the eyes; the picture's middle keeps its place on the screen.
    const pivot = this.pivot.set(middle.x, middle.y, middle.z - ORBIT_DEPTH * pupils);
    this.turned.set(-pitch, yaw, 0);
    this.camera.position
      .set(x, y, middle.z + distance)
      .sub(pivot)
      .applyEuler(this.turned)
      .add(pivot);
    this.camera.rotation.copy(this.turned);
    this.camera.near = distance / 10;
    this.camera.far = distance * 10;
    this.camera.updateProjectionMatrix();
    this.camera.updateMatrixWorld();
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
