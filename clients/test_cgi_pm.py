"""A program with Perl's CGI.pm as the function, by CGI, over both protocols."""

import pytest

from conftest import HERE
from forms import FORKING, Forms, settings


@pytest.fixture(scope="module", params=FORKING)
def page(request, standing):
    return standing(**settings(request.param), fprocess=f"/usr/bin/perl {HERE / 'functions/form.pl'}")


class TestCgiPm(Forms):
    pass
