"""Classifies the JSON bodies of a file with Presidio: each value alone, with the words of the names
on its way as context, which is what Presidio does with keys. All recognizers of English that need
no trained model. Prints bytes and seconds of processor time; the first bodies warm up and are not counted."""

import json
import re
import sys
import time

import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine

WARM_UP = 20

# The list of domains that is installed: nothing is fetched while measuring.
tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())


class Blank(SpacyNlpEngine):
    """Tokens without a model: no names are recognised, and no lemmas."""

    def __init__(self):
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
        self.nlp = {"en": spacy.blank("en")}

    def load(self):
        pass


def leaves(value, names):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, names + re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, names)
    elif value is not None and not isinstance(value, bool):
        yield str(value), names


def main():
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    for recognizer in [it for it in registry.recognizers if "Spacy" in it.name]:
        registry.remove_recognizer(recognizer.name)
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])
    size = seconds = found = 0
    for at, line in enumerate(open(sys.argv[1], encoding="utf-8")):
        body = json.loads(line)["request"]["body"]
        values = list(leaves(json.loads(body), []))
        began = time.process_time()
        hits = sum(
            len(engine.analyze(text, "en", context=names, score_threshold=0.5))
            for text, names in values
        )
        if at >= WARM_UP:
            seconds += time.process_time() - began
            size += len(body.encode())
            found += hits
    print(json.dumps({"bytes": size, "seconds": seconds, "found": found}))


main()
