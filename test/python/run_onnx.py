"""Checks every model of a folder with onnx.checker (full: shapes too) and runs those that have inputs beside them; answers JSON.

    python run_onnx.py FOLDER   -> {"name.onnx": {"checked": true, "outputs": {...}}}

`name.json` beside `name.onnx` holds {"feeds": {input: {"dtype", "shape", "data"}}}.
"""
import json, os, pathlib, sys
os.environ.update(ORT_DISABLE_TELEMETRY='1', ORT_TELEMETRY_DISABLED='1')  # before onnxruntime is loaded
import numpy as np
import onnx
import onnxruntime

answers = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob('*.onnx')):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    answer = {'checked': True, 'metadata': {p.key: p.value for p in model.metadata_props}}
    feeds_file = path.with_suffix('.json')
    if feeds_file.exists():
        feeds = {k: np.array(v['data'], dtype=v['dtype']).reshape(v['shape']) for k, v in json.loads(feeds_file.read_text())['feeds'].items()}
        session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
        names = [o.name for o in session.get_outputs()]
        answer['outputs'] = {n: v.ravel().astype(float).tolist() for n, v in zip(names, session.run(names, feeds))}
    answers[path.name] = answer
print(json.dumps(answers))
