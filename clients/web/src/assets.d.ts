declare module '@head/*?url' {
  const url: string;
  export default url;
}
